"""Create and change meetings: read, decide, commit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace

from redis.asyncio import Redis

from server.domain.ids import code_from, from_bytes, slug_from
from server.domain.meeting import Meeting, Phase, due
from server.domain.meeting_fields import changed
from server.domain.refusals import Refusal, Refused
from server.domain.rules import Rule, name
from server.store import keys, typed
from server.store import meetings as stored
from server.translog.leaf import Json, canonical, intent, sha256_hex


def _rules(meeting: Meeting) -> dict[str, Json]:
    reasons: list[Json] = [dict(asdict(reason)) for reason in meeting.reasons]
    windows = ("starts_at", "asking_from", "asking_until", "voting_from", "voting_until")
    at = {field: getattr(meeting, field) for field in windows}
    return {
        "phase": meeting.phase.value,
        "windows": {field: None if ms is None else ms // 1000 for field, ms in at.items()},
        "policy": sha256_hex(meeting.policy.encode()),
        "reasons": sha256_hex(canonical({"reasons": reasons})),
        "ranking": "votes descending, then lower number",
        "limits": {
            "min_chars": meeting.min_chars,
            "max_chars": meeting.max_chars,
            "submit_limit": meeting.submit_limit,
        },
        "after_display": int(meeting.after_display),
        "readers": meeting.readers,
        "assurance": "A1" if meeting.admission == "roster" else "A0",
    }


async def create(store: Redis, fields: Mapping[str, object], now: int) -> Meeting:
    """A new meeting from an organiser's fields; refused by the name of an odd field.

    Its names are claimed before it exists, so after a failure at most an unused name is left.
    """
    blank = Meeting(
        id=from_bytes(secrets.token_bytes(16)),
        slug="",
        code=code_from(secrets.token_bytes(8)),
        epoch=from_bytes(secrets.token_bytes(6)),
        created_at=now,
        title="",
    )
    if "title" not in fields:
        raise Refused(Refusal.BAD_INPUT, "title: a meeting needs one.")
    drafted = changed(blank, fields)
    meeting = replace(
        drafted,
        slug=slug_from(drafted.title, code_from(secrets.token_bytes(4), 5)),
        revision=1,
        live_at=now if drafted.phase is Phase.LIVE else None,
    )
    if not await stored.claim_names(store, meeting):
        raise Refused(Refusal.CONFLICT, "Please try again: the address was just taken.")
    opened = intent("log.open", meeting=meeting.id, **_rules(meeting))
    await stored.commit(store, meeting, 0, opened, now)
    await stored.announce(store, meeting.id)
    return meeting


async def by_id(store: Redis, meeting: str) -> Meeting | None:
    """The meeting as it stands, or None."""
    return await stored.read(store, meeting)


async def by_slug(store: Redis, slug: str) -> Meeting | None:
    """The meeting at this address, or None."""
    found = await typed.get(store, keys.slug(slug))
    return await stored.read(store, found) if found else None


async def by_code(store: Redis, code: str) -> Meeting | None:
    """The meeting with this (normalised) open join code, or None."""
    found = await typed.get(store, keys.code(code))
    return await stored.read(store, found) if found else None


async def all_meetings(store: Redis) -> list[Meeting]:
    """Every meeting of the deployment, newest first."""
    found = [await stored.read(store, meeting) for meeting in await stored.listed(store)]
    return [meeting for meeting in reversed(found) if meeting is not None]


async def _commit(store: Redis, before: Meeting, after: Meeting, by: str, now: int) -> Meeting:
    if replace(after, revision=before.revision) == before:
        return before
    after = replace(after, revision=before.revision + 1)
    if after.phase is Phase.LIVE and before.phase is not Phase.LIVE:
        after = replace(after, live_at=now)
    if before.phase is not after.phase:
        entry = intent("m.phase", meeting=after.id, phase=after.phase.value, by=by)
    else:
        entry = intent(
            "m.rule",
            meeting=after.id,
            what="windows" if by == name(Rule.WINDOWS) else "settings",
            old=sha256_hex(stored.encode(before).encode()),
            new=sha256_hex(stored.encode(after).encode()),
            by=by,
        )
    if not await stored.commit(store, after, before.revision, entry, now):
        raise Refused(
            Refusal.CONTENDED, "Somebody else changed this meeting just now. Look again, then save."
        )
    return after


async def change(
    store: Redis, meeting: Meeting, fields: Mapping[str, object], by: str, now: int
) -> Meeting:
    """The meeting with typed fields committed on the revision that was read; logged as a rule or
    phase change. Refused CONTENDED when somebody else changed it since."""
    return await _commit(store, meeting, changed(meeting, fields), by, now)


async def carry_out_due(store: Redis, meeting: Meeting, now: int) -> Meeting:
    """The meeting after its due windows were opened or closed. Repeating it changes nothing."""
    return await _commit(store, meeting, due(meeting, now), name(Rule.WINDOWS), now)
