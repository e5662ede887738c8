"""Create and change meetings: read, decide, commit."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from redis.asyncio import Redis

from server.acts import tallies
from server.acts.admission import has_joined
from server.acts.decision import rebuilt_now
from server.acts.staff import roster_document
from server.domain import logo
from server.domain.appointments import Staff
from server.domain.ids import code_from, from_bytes, slug_from
from server.domain.meeting import Meeting, Phase, awaiting, due
from server.domain.meeting_fields import TIMES, changed
from server.domain.refusals import Refusal, Refused
from server.domain.rules import Rule, name
from server.store import keys, typed
from server.store import meetings as stored
from server.translog.checkpoint import Checkpoint
from server.translog.leaf import Json, canonical, intent, sha256_hex

Documents = dict[str, bytes]


def documents(meeting: Meeting) -> Documents:
    """What the log commits to of a meeting's rules, by name: policy, reasons, and the settings, which
    name the other two by hash. No code, no id: who knows the settings must not guess a secret."""
    policy = meeting.policy.encode()
    reasons = canonical({"reasons": [dict(asdict(reason)) for reason in meeting.reasons]})
    fields = "title description zone starts_at asking_from asking_until voting_from voting_until"
    fields += " asking voting stream_url stream_delay_s after_display min_chars max_chars"
    fields += " submit_limit readers accent logo"
    settings: dict[str, Json] = {field: getattr(meeting, field) for field in fields.split()}
    settings |= {
        "languages": list(meeting.languages),
        "ranking": "votes descending, then lower number",
        "assurance": "A1" if meeting.admission == "roster" else "A0",
        "policy": sha256_hex(policy),
        "reasons": sha256_hex(reasons),
    }
    return {"policy": policy, "reasons": reasons, "settings": canonical(settings)}


async def _keep(store: Redis, meeting: Meeting, found: Documents) -> None:
    """Keep documents by their hash, before a log entry points at them. One too many harms nobody."""
    kept: dict[Any, Any] = {sha256_hex(text): text.decode() for text in found.values()}
    await store.hset(keys.rules(meeting.id), mapping=kept)


def _named(head: Checkpoint) -> dict[str, Json]:
    return {"origin": head.origin, "size": head.size, "root": head.root.hex()}


def _opened(meeting: Meeting, prev: Checkpoint | None) -> str:
    rules = {rule: sha256_hex(document) for rule, document in documents(meeting).items()}
    at = {field: getattr(meeting, field) for field in TIMES}
    return intent(
        "log.open",
        meeting=meeting.id,
        phase=meeting.phase.value,
        policy=rules["policy"],
        reasons=rules["reasons"],
        roster=sha256_hex(roster_document(Staff())),
        ranking="votes descending, then lower number",
        windows={field: None if ms is None else ms // 1000 for field, ms in at.items()},
        limits={
            "min_chars": meeting.min_chars,
            "max_chars": meeting.max_chars,
            "submit_limit": meeting.submit_limit,
        },
        after_display=int(meeting.after_display),
        readers=meeting.readers,
        assurance="A1" if meeting.admission == "roster" else "A0",
        prev=_named(prev) if prev else None,
    )


def _changed_rule(before: Meeting, after: Meeting, by: str) -> str:
    old, new = documents(before), documents(after)
    differ = [rule for rule in ("policy", "reasons") if old[rule] != new[rule]]
    lone = replace(before, revision=0, policy=after.policy, reasons=after.reasons)
    # One document alone is named by itself; anything wider is a change of the settings over it.
    what = differ[0] if len(differ) == 1 and replace(after, revision=0) == lone else "settings"
    return intent(
        "m.rule",
        meeting=after.id,
        what="windows" if by == name(Rule.WINDOWS) else what,
        old=sha256_hex(old[what]),
        new=sha256_hex(new[what]),
        by=by,
    )


async def create(
    store: Redis, fields: Mapping[str, object], now: int, prev: Checkpoint | None = None
) -> Meeting:
    """A new meeting from an organiser's fields; refused by the name of an odd field. Its log names `prev`
    as the head of the one that it continues (series.py).

    Its names are claimed before it exists, so after a failure at most an unused name is left.
    """
    blank = Meeting(
        id=from_bytes(secrets.token_bytes(16)),
        slug="",
        code=code_from(secrets.token_bytes(8)),
        epoch=from_bytes(secrets.token_bytes(6)),
        created_at=now,
        title="",
        phase=Phase.ANNOUNCED,
    )
    if "title" not in fields:
        raise Refused(Refusal.BAD_INPUT, "a meeting needs one.", field="title")
    drafted = awaiting(blank, changed(blank, {"phase": Phase.COLLECTING, **fields}), now)
    meeting = replace(
        drafted,
        slug=slug_from(drafted.title, code_from(secrets.token_bytes(4), 5)),
        revision=1,
        live_at=now if drafted.phase is Phase.LIVE else None,
    )
    if not await stored.claim_names(store, meeting):
        raise Refused(Refusal.CONFLICT, "Please try again: the address was just taken.")
    await _keep(store, meeting, documents(meeting))
    await stored.commit(store, meeting, 0, _opened(meeting, prev), now)
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
    """Every meeting of the deployment that can be read, newest first."""
    return list(reversed((await stored.read_all(store)).meetings))


async def _commit(store: Redis, before: Meeting, after: Meeting, by: str, now: int) -> Meeting:
    if replace(after, revision=before.revision) == before:
        return before
    after = replace(after, revision=before.revision + 1)
    if after.phase is Phase.LIVE and before.phase is not Phase.LIVE:
        after = replace(after, live_at=now)
    if before.phase is not after.phase:
        entry = intent("m.phase", meeting=after.id, phase=after.phase.value, by=by)
    else:
        entry = _changed_rule(before, after, by)
        await _keep(store, after, documents(after))
    if before.phase is not after.phase or by == name(Rule.WINDOWS):
        # This entry is a gate of the record: the tallies stand before it.
        await tallies.freeze(store, after.id, now)
    answer = await stored.commit(store, after, before.revision, entry, now)
    if answer == "rebuilding":
        raise rebuilt_now()
    if answer != "committed":
        raise Refused(
            Refusal.CONTENDED, "Somebody else changed this meeting just now. Look again, then save."
        )
    return after


async def change(
    store: Redis, meeting: Meeting, fields: Mapping[str, object], by: str, now: int
) -> Meeting:
    """The meeting with typed fields committed on the revision that was read; logged as a rule or
    phase change. Refused CONTENDED when somebody else changed it since."""
    after = awaiting(meeting, changed(meeting, fields), now)
    if after.phase is not meeting.phase and len(fields) > 1:
        # Two acts, two entries of the log: the new rules, then the new phase.
        rules = {field: value for field, value in fields.items() if field != "phase"}
        meeting = await change(store, meeting, rules, by, now)
        after = changed(meeting, {"phase": fields["phase"]})
    if after.admission != meeting.admission and await has_joined(store, meeting):
        raise Refused(
            Refusal.ILLEGAL,
            "cannot change any more, because somebody has joined.",
            field="admission",
        )
    return await _commit(store, meeting, after, by, now)


def logo_name(raw: bytes) -> str:
    """What `keep_logo` will call these bytes; refused for anything that is not a small picture."""
    return logo.name_of(raw)


async def keep_logo(store: Redis, meeting: Meeting, raw: bytes) -> str:
    """Keep a picture for the meeting; returns the name to set as its logo. Refused for other bytes."""
    name = logo.name_of(raw)
    await store.hset(keys.logo(meeting.id), name, base64.b64encode(raw).decode())
    return name


async def logo_bytes(store: Redis, meeting: Meeting) -> bytes | None:
    """The meeting's logo, or None without one."""
    kept = await typed.hget(store, keys.logo(meeting.id), meeting.logo) if meeting.logo else None
    return base64.b64decode(kept) if kept else None


async def drop_logos(store: Redis, meeting: Meeting) -> None:
    """Remove every kept picture but the meeting's own."""
    kept = await typed.hgetall(store, keys.logo(meeting.id))
    for former in set(kept) - {meeting.logo}:
        await store.hdel(keys.logo(meeting.id), former)


async def carry_out_due(store: Redis, meeting: Meeting, now: int) -> Meeting:
    """The meeting after its due windows were opened or closed. Repeating it changes nothing."""
    return await _commit(store, meeting, due(meeting, now), name(Rule.WINDOWS), now)
