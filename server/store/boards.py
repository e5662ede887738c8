"""Reading what a node's board is built from. Position first, then state: replaying the entries in
between is harmless because they carry absolute values."""

from __future__ import annotations

from redis.asyncio import Redis

from server.domain.board import Picked, Row
from server.domain.public_time import public_at
from server.domain.question import ON_BOARD, State
from server.store import keys, question_rows, ticks, typed
from server.store.question_rows import Question

SLICE = 500
PASSED_MAX = 50


async def row_of(redis: Redis, question: Question, seen: int, live_at: int | None) -> Row | None:
    """The board's row of a question, or None where it does not belong on the board. Its time is the
    public one: of before the meeting went live (`live_at`) the day. On air it tells its pick."""
    if question.number is None or question.state not in ON_BOARD:
        return None
    return Row(
        n=question.number,
        q=question.q,
        text=question.text,
        lang=question.lang,
        dir=question.dir,
        by=question.name,
        state=question.state,
        votes=question.votes,
        at=public_at(question.received_at, live_at),
        seen=seen,
        wording=question.wording,
        askers=question.askers,
        stream_s=question.stream_s,
        picked=await _picked(redis, question) if question.state is State.ON_AIR else None,
        gone=question.gone,
    )


async def _picked(redis: Redis, question: Question) -> Picked | None:
    if question.rank is None or question.tick is None:
        return None
    above = await ticks.above(redis, question.meeting, question.tick, question.rank)
    passed = await ticks.passed_over(redis, question.meeting, above[:PASSED_MAX])
    return Picked(question.rank, tuple(passed))


async def position(redis: Redis, meeting: str) -> str:
    """Where the meeting's event stream stands."""
    return await typed.last_entry(redis, keys.events(meeting))


async def merged(redis: Redis, meeting: str) -> dict[int, int]:
    """Number of each merged question -> its head's number."""
    row = await typed.hgetall(redis, keys.lineage(meeting))
    return {int(n): int(head) for n, head in row.items()}


async def all_rows(
    redis: Redis, meeting: str, live_at: int | None, ended: bool = False
) -> list[Row]:
    """Every row of the board. Of a meeting that has ended all questions are looked at: those that it
    did not reach stand in no queue."""
    ids: list[str] = []
    if ended:
        ids += (await typed.hgetall(redis, keys.numbers(meeting))).values()
    else:
        for queue in (keys.ranked(meeting), keys.answered(meeting), keys.on_air(meeting)):
            ids += await typed.zrange(redis, queue, 0, -1)
    seen = await typed.hgetall(redis, keys.exposure(meeting))
    rows: list[Row] = []
    for start in range(0, len(ids), SLICE):
        for question in await question_rows.read(redis, meeting, ids[start : start + SLICE]):
            looks = int(seen.get(str(question.number), 0))
            row = await row_of(redis, question, looks, live_at)
            rows += [row] if row is not None else []
    return rows


async def seen(redis: Redis, meeting: str, numbers: list[int]) -> dict[int, int]:
    """How often each of these questions was on somebody's screen."""
    if not numbers:
        return {}
    found = await typed.hmget(redis, keys.exposure(meeting), [str(n) for n in numbers])
    return {n: int(times or 0) for n, times in zip(numbers, found, strict=True)}


async def line(redis: Redis, meeting: str) -> list[str]:
    """Ids of those that go on air next, first one first."""
    return await typed.zrange(redis, keys.line(meeting), 0, -1)


async def counts(redis: Redis, meeting: str) -> dict[str, int]:
    """How many are listed (on air included), answered, screened out."""
    pipe = redis.pipeline(transaction=False)
    for key in (keys.ranked, keys.on_air, keys.answered, keys.screened):
        pipe.zcard(key(meeting))
    listed, on_air, answered, screened = await pipe.execute()
    return {"listed": listed + on_air, "answered": answered, "screened_out": screened}
