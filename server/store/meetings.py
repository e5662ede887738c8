"""Meetings in the store: one JSON value with a revision, found by slug or code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

from redis.asyncio import Redis
from redis.client import NEVER_DECODE

from server.domain import ids
from server.domain.meeting import Meeting, Phase
from server.domain.refusals import Refused
from server.domain.screening import Reason
from server.store import keys, typed
from server.store.call import call
from server.translog.anchor import ANCHOR

MEETINGS_MAX = 100_000
AS_BYTES = {NEVER_DECODE: True}  # what is no text is odd, and ends nobody's reading


class OddRecord(ValueError):
    """A meeting's record that no release wrote: somebody wrote into the store past the program."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Ids on the list of meetings, oldest first; `odd` are the places of entries that name none."""

    ids: list[str]
    odd: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """Every meeting that can be read, oldest first, and the ids of all on the list; `odd` names what cannot
    be read: places on the list, and ids."""

    meetings: list[Meeting]
    ids: list[str]
    odd: list[str]


def encode(meeting: Meeting) -> str:
    """The meeting as JSON, without its revision (the HASH holds that once)."""
    fields = asdict(meeting)
    del fields["revision"]
    return json.dumps(fields, sort_keys=True)


def decode(text: str, revision: int) -> Meeting:
    """The inverse of `encode`; OddRecord for what that never made."""
    try:
        fields = json.loads(text)
        fields["phase"] = Phase(fields["phase"])
        fields["languages"] = tuple(fields["languages"])
        fields["reasons"] = tuple(Reason(**reason) for reason in fields["reasons"])
        return Meeting(revision=revision, **fields)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise OddRecord from error


async def read(redis: Redis, meeting: str) -> Meeting | None:
    """The meeting with this id as it stands, or None."""
    row = await typed.hmget(redis, keys.meeting(meeting), ["json", "revision"])
    return decode(row[0], int(row[1])) if row[0] and row[1] else None


async def read_all(redis: Redis) -> Known:
    """Every meeting of the deployment as it stands; two round trips."""
    found = await listed(redis)
    known = Known([], found.ids, list(found.odd))
    pipe = redis.pipeline(transaction=False)
    for meeting in found.ids:
        pipe.execute_command("HMGET", keys.meeting(meeting), "json", "revision", **AS_BYTES)
    for meeting, (told, revision) in zip(found.ids, await pipe.execute(), strict=True):
        if told and revision:
            try:
                known.meetings.append(decode(told.decode(), int(revision)))
            except ValueError:  # OddRecord among them
                known.odd.append(meeting)
    return known


async def commit(redis: Redis, meeting: Meeting, expected: int, intent: str, now: int) -> str:
    """Make `meeting` true if its revision is still `expected` (0: does not exist). 'committed' |
    'contended' | 'rebuilding': it is brought back from its log, and can be changed once it is."""
    switches = {
        "voting": str(int(meeting.votes_open())),
        "asking": str(int(meeting.asks_open())),
        "ended": str(int(meeting.ended)),
    }
    m = meeting.id
    answer = await call(
        redis,
        "commit_meeting",
        [keys.meeting(m), keys.intake(m), keys.events(m), keys.desk_log(m), keys.rule_log(m)],
        [expected, encode(meeting), json.dumps(switches), intent, now],
    )
    return str(answer[0])


async def claim_names(redis: Redis, meeting: Meeting) -> bool:
    """Point the meeting's slug and code at it, once. False when either belongs to another."""
    for key in (keys.slug(meeting.slug), keys.code(meeting.code)):
        await redis.set(key, meeting.id, nx=True)
        if await typed.get(redis, key) != meeting.id:
            return False
    return True


async def announce(redis: Redis, meeting: str) -> None:
    """Put a new meeting on the list that sequencer and clock follow."""
    await redis.xadd(keys.MEETINGS, {"meeting": meeting})


async def listed(redis: Redis) -> Listed:
    """All meetings of the deployment."""
    rows = redis.execute_command(  # type: ignore[no-untyped-call]
        "XRANGE", keys.MEETINGS, "-", "+", "COUNT", MEETINGS_MAX, **AS_BYTES
    )
    found, odd = dict[str, None](), []
    for at, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", await rows):
        meeting = named({"meeting": fields.get(b"meeting", b"").decode(errors="replace")})
        if meeting is None:
            odd.append(at.decode())
        else:
            found[meeting] = None
    return Listed(list(found), odd)


def named(entry: Mapping[str, str]) -> str | None:
    """The meeting that an entry of the list names; None for one that the program never wrote."""
    try:
        meeting = ids.checked(entry.get("meeting", ""))
    except Refused:
        return None
    return None if meeting == ANCHOR else meeting
