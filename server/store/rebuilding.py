"""Writing what a lost or older store forgot, from the log's leaves (functions/rebuild.lua)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.meeting import Meeting
from server.domain.question import State
from server.store import decisions, keys, meetings, typed
from server.store.call import call, durable
from server.store.decisions import Decision, Group

NOBODY = -1  # the voter number of an asker whom the rebuilt store does not know
SLICE = 500


class EmptiedAgain(RedisError):
    """The store was emptied, or replaced, while this meeting was rebuilt: all is looked at anew."""

    def __init__(self, meeting: str) -> None:
        super().__init__(f"the store forgot that meeting {meeting} is being rebuilt")


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
    """Until `release` nobody asks, votes, decides or changes the meeting; `is_begun` says so."""
    shut = ["voting", "0", "asking", "0", "ended", "1"]
    if not await is_begun(redis, meeting):
        shut += ["rebuilding", ""]
    await durable(redis, "HSET", keys.meeting(meeting), *shut)


async def is_begun(redis: Redis, meeting: str) -> bool:
    """True between `fence` and `release`, also after whoever was at it was killed."""
    return bool(await redis.hexists(keys.meeting(meeting), "rebuilding"))


async def overruled(redis: Redis, meeting: str) -> list[str]:
    """The questions of which `place` dropped decisions since `fence`."""
    told = await typed.hget(redis, keys.meeting(meeting), "rebuilding") or ""
    return list(dict.fromkeys(told.split()))


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


async def place(redis: Redis, back: Decision, erases: bool, stale: Sequence[str]) -> None:
    """Put a question back to the state and revision that the log's next act builds on (which `erases`?), and
    take the entries at the positions `stale` out of the intake; both or neither."""
    told: list[str | int] = [back.argument(), int(erases), *stale]
    await call(redis, "rebuild_place", back.keys(), told)


async def part(redis: Redis, back: Decision, head: Group) -> None:
    """Take a question out of a group in which the log does not know it."""
    await call(redis, "rebuild_part", decisions.group_keys(back, head), [back.q, head.q])


async def erased(
    redis: Redis, meeting: str, q: str, intent: str | None, at: int, position: str
) -> None:
    """Put an erasure that stands at `position` of the intake behind the log's acts on its question; None
    where the log holds one: it is dropped."""
    m = meeting
    used = [keys.question(m, q), keys.intake(m), keys.desk_log(m), keys.history(m, q)]
    await call(redis, "rebuild_erased", used, [q, intent or "", at, position])


async def join(redis: Redis, back: Decision, head: Group, was: State) -> None:
    """Put a question back into a group in which the log knows it; it was `was` before it was merged."""
    used = decisions.group_keys(back, head)
    await call(redis, "rebuild_join", used, [back.q, head.q, was.value])


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
    size: int,
) -> None:
    """Let the meeting go on as `meeting`; the store was told of `size` leaves. `given` are the highest labels
    that the record names: none is given twice. EmptiedAgain where the store was lost again."""
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
    used = [keys.meeting(m), keys.events(m), keys.staff(m), keys.log(m)]
    told = [json.dumps(fields), json.dumps(staff, sort_keys=True)]
    told += [str(max(staff_revision, int(revision or 0))), str(size)]
    if await call(redis, "rebuild_meeting", used, told) == "emptied":
        raise EmptiedAgain(m)


async def tallies(redis: Redis, meeting: str, ranking: Sequence[tuple[str, int]]) -> None:
    """Keep the last frozen tallies of an ended meeting with its questions: their voters are lost."""
    pipe = redis.pipeline(transaction=False)
    for q, votes in ranking:
        pipe.hset(keys.question(meeting, q), "tally", str(votes))
    await pipe.execute()


async def drop(redis: Redis, meeting: str, name: str, stale: Sequence[str]) -> None:
    """Take entries out of the intake that the log knows to be otherwise, from the act `name` on. The
    meeting's revision, and its ticks, go back to before it where it is one of theirs."""
    kind, _, n = name.partition(":")
    used = [keys.intake(meeting), keys.meeting(meeting), keys.ticks(meeting)]
    revision, tick = int(n) - 1 if kind == "m" else "", n if kind == "v" else ""
    await call(redis, "rebuild_drop", used, [revision, tick, *stale])


async def documents(redis: Redis, meeting: str) -> dict[str, str]:
    """Every policy, reason list, settings and roster that the log names, by hash."""
    return await typed.hgetall(redis, keys.rules(meeting))


async def put_back(redis: Redis, meeting: str, documents: Mapping[str, str]) -> None:
    """Keep documents by hash, where the store has none."""
    pipe = redis.pipeline(transaction=False)
    for sha256, text in documents.items():
        pipe.hsetnx(keys.rules(meeting), sha256, text)
    await pipe.execute()


async def lost_texts(redis: Redis, meeting: str, ids: Sequence[str]) -> set[str]:
    """Which of these questions have lost their text, in one round trip for each SLICE."""
    found: set[str] = set()
    for at in range(0, len(ids), SLICE):
        run = ids[at : at + SLICE]
        pipe = redis.pipeline(transaction=False)
        for q in run:
            pipe.hmget(keys.question(meeting, q), ["lost", "erased"])
        told = zip(run, await pipe.execute(), strict=True)
        found |= {q for q, (lost, erased) in told if lost == "1" and not erased}
    return found


async def note_rebuilt(redis: Redis, meeting: str, at: int, lost: Sequence[int]) -> None:
    """Keep for the organisers that the store was rebuilt, when (ms), and whose text is lost."""
    told = json.dumps({"at": at, "lost": list(lost)})
    await redis.hset(keys.log(meeting), "rebuilt", told)


async def rebuilt(redis: Redis, meeting: str) -> tuple[int, list[int]] | None:
    """When the meeting's store was rebuilt last, and the numbers whose text was lost then; None where it
    never was."""
    told = await typed.hget(redis, keys.log(meeting), "rebuilt")
    if told is None:
        return None
    found = json.loads(told)
    return int(found["at"]), [int(number) for number in found["lost"]]


async def sizes(redis: Redis, among: Sequence[str]) -> list[int]:
    """What the store was told of each log's size, 0 where it never was; one round trip."""
    pipe = redis.pipeline(transaction=False)
    for meeting in among:
        pipe.hget(keys.log(meeting), "size")
    return [int(size or 0) for size in (await pipe.execute() if among else [])]
