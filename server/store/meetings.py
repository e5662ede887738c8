"""Meetings in the store: one JSON value with a revision, found by slug or code."""

from __future__ import annotations

import json
from dataclasses import asdict

from redis.asyncio import Redis

from server.domain.meeting import Meeting, Phase
from server.domain.screening import Reason
from server.store import keys, typed
from server.store.call import call

MEETINGS_MAX = 100_000


def encode(meeting: Meeting) -> str:
    """The meeting as JSON, without its revision (the HASH holds that once)."""
    fields = asdict(meeting)
    del fields["revision"]
    return json.dumps(fields, sort_keys=True)


def decode(text: str, revision: int) -> Meeting:
    """The inverse of `encode`."""
    fields = json.loads(text)
    fields["phase"] = Phase(fields["phase"])
    fields["languages"] = tuple(fields["languages"])
    fields["reasons"] = tuple(Reason(**reason) for reason in fields["reasons"])
    return Meeting(revision=revision, **fields)


async def read(redis: Redis, meeting: str) -> Meeting | None:
    """The meeting with this id as it stands, or None."""
    row = await typed.hmget(redis, keys.meeting(meeting), ["json", "revision"])
    return decode(row[0], int(row[1])) if row[0] and row[1] else None


async def read_all(redis: Redis) -> list[Meeting]:
    """Every meeting of the deployment as it stands, oldest first; two round trips."""
    pipe = redis.pipeline(transaction=False)
    for meeting in await listed(redis):
        pipe.hmget(keys.meeting(meeting), ["json", "revision"])
    return [decode(json_, int(at)) for json_, at in await pipe.execute() if json_ and at]


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


async def listed(redis: Redis) -> list[str]:
    """Ids of all meetings of the deployment, oldest first."""
    rows = await typed.entries(redis, keys.MEETINGS, "", MEETINGS_MAX)
    return list(dict.fromkeys(fields["meeting"] for _, fields in rows))
