"""Writing what a lost or older store forgot, from the log's leaves (functions/rebuild.lua)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.domain.meeting import Meeting
from server.domain.question import State
from server.store import keys, meetings, typed
from server.store.call import call

NOBODY = -1  # the voter number of an asker whom the rebuilt store does not know
SLICE = 500


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission as its leaf tells it, and its row where the store has none. `fate` is the digest of
    its own address, '' where that is not known; `at` in epoch milliseconds."""

    q: str
    number: int
    at: int
    intent: str
    row: Mapping[str, str]
    fate: str


async def fence(redis: Redis, meeting: str) -> None:
    """Until `release` nobody asks, votes or decides; what a rule of the closing decides goes on."""
    await redis.hset(keys.meeting(meeting), mapping={"voting": "0", "asking": "0", "ended": "1"})


async def question(redis: Redis, meeting: str, one: Submission) -> bool:
    """Give the submission its number, and its row where there is none; True where there was none."""
    m = meeting
    used = [keys.question(m, one.q), keys.waiting(m), keys.by_askers(m), keys.fates(m)]
    used += [keys.desk_log(m), keys.history(m, one.q), keys.numbers(m), keys.events(m)]
    told: list[str | int] = [
        one.q,
        json.dumps(dict(one.row)),
        one.at,
        one.intent,
        one.number,
        one.fate,
    ]
    return bool(await call(redis, "rebuild_question", used, told) == "rebuilt")


async def place(redis: Redis, meeting: str, q: str, state: State, revision: int) -> None:
    """Put a question back to the state and revision that the log's next act builds on."""
    await call(redis, "rebuild_place", [keys.question(meeting, q)], [state.value, revision])


async def act(
    redis: Redis,
    meeting: str,
    index: int,
    intent: str,
    at: int,
    settings: bool,
    tick: tuple[int, str] | None,
) -> bool:
    """Tell the desk of an act on the meeting, with the tallies of a tick; False where it stood there."""
    m = meeting
    used = [keys.meeting(m), keys.desk_log(m), keys.rule_log(m), keys.ticks(m)]
    n, tallies = tick or ("", "")
    told: list[str | int] = [index, intent, at, int(settings), n, tallies]
    return bool(await call(redis, "rebuild_act", used, told) == "rebuilt")


async def release(
    redis: Redis,
    meeting: Meeting,
    given: Mapping[str, int],
    staff_revision: int,
    more: Mapping[str, str],
) -> None:
    """Let the meeting go on as `meeting`. `given` are the highest labels that the record names: none is
    given twice."""
    m = meeting.id
    held, revision = await typed.hmget(redis, keys.staff(m), ["json", "revision"])
    staff = json.loads(held) if held else {"appointments": [], "given": {}}
    for role, number in given.items():
        staff["given"][role] = max(number, staff["given"].get(role, 0))
    fields = {
        "json": meetings.encode(meeting),
        "revision": str(meeting.revision),
        "voting": str(int(meeting.votes_open())),
        "asking": str(int(meeting.asks_open())),
        "ended": str(int(meeting.ended)),
        **more,
    }
    used = [keys.meeting(m), keys.events(m), keys.staff(m)]
    told = [json.dumps(fields), json.dumps(staff, sort_keys=True)]
    await call(redis, "rebuild_meeting", used, [*told, max(staff_revision, int(revision or 0))])


async def tallies(redis: Redis, meeting: str, ranking: Sequence[tuple[str, int]]) -> None:
    """Keep the last frozen tallies of an ended meeting with its questions: their voters are lost."""
    pipe = redis.pipeline(transaction=False)
    for q, votes in ranking:
        pipe.hset(keys.question(meeting, q), "tally", str(votes))
    await pipe.execute()


async def drop(redis: Redis, meeting: str, positions: Sequence[str]) -> None:
    """Take entries out of the intake that build on what the log knows to be otherwise."""
    if positions:
        await redis.xdel(keys.intake(meeting), *positions)


async def documents(redis: Redis, meeting: str) -> dict[str, str]:
    """Every policy, reason list, settings and roster that the log names, by hash."""
    return await typed.hgetall(redis, keys.rules(meeting))


async def put_back(
    redis: Redis, meeting: str, documents: Mapping[str, str], openings: Mapping[str, str]
) -> None:
    """Keep documents by hash and openings by commitment, where the store has none."""
    pipe = redis.pipeline(transaction=False)
    for sha256, text in documents.items():
        pipe.hsetnx(keys.rules(meeting), sha256, text)
    for commitment, told in openings.items():
        pipe.hsetnx(keys.openings(meeting), commitment, told)
    await pipe.execute()


async def sizes(redis: Redis, among: Sequence[str]) -> list[int]:
    """What the store was told of each log's size, 0 where it never was; one round trip."""
    pipe = redis.pipeline(transaction=False)
    for meeting in among:
        pipe.hget(keys.log(meeting), "size")
    return [int(size or 0) for size in (await pipe.execute() if among else [])]
