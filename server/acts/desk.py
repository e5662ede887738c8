"""What the desk works on: its queues as they stand, and what changed since a position.

Moderators are tens, not thousands, so nothing of the desk is kept in a node: each look reads the
store, and a change is told as the questions' whole present values, harmless to apply twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from server.acts import stage
from server.acts.stage import Line
from server.store import analysis, boards, events, keys, question_rows, typed
from server.store.events import Entry
from server.store.question_rows import Question

WAITING_MAX = 5_000
OTHERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk at `position`. `whole`: these are all its questions, not only those that changed.

    `firsts` names the first question of each one's copy group, where the analysis has found it
    and nobody dismissed it; `people` how many asked that group, where it waits.
    """

    position: str
    whole: bool
    questions: list[Question]
    firsts: dict[str, str]
    people: dict[str, int]
    counts: dict[str, int]
    line: Line


async def look(store: Redis, meeting: str) -> Desk:
    """Everything on the desk. Position first: what arrives while we read is told again."""
    position = await boards.position(store, meeting)
    ids = await _waiting(store, meeting)
    for queue in (keys.ranked, keys.on_air, keys.appeals, keys.screened, keys.answered):
        ids += await typed.zrange(store, queue(meeting), 0, OTHERS_MAX - 1, desc=True)
    merged = list(await typed.hgetall(store, keys.lineage(meeting)))
    if merged:
        ids += [q for q in await typed.hmget(store, keys.numbers(meeting), merged) if q]
    return await _desk(store, meeting, position, True, list(dict.fromkeys(ids)))


async def _waiting(store: Redis, meeting: str) -> list[str]:
    """What waits, oldest first. Where that is too much to show, one of each copy group comes first, so
    that no flood of copies hides what waits behind it."""
    ids = await typed.zrange(store, keys.waiting(meeting), 0, -1)
    if len(ids) <= WAITING_MAX:
        return ids
    groups = await analysis.firsts(store, meeting, ids)
    for q in await analysis.apart(store, meeting, groups):
        del groups[q]
    oldest: dict[str, str] = {}
    for q in ids:
        oldest.setdefault(groups.get(q, q), q)
    return list(dict.fromkeys([*oldest.values(), *ids]))[:WAITING_MAX]


async def since(store: Redis, meeting: str, position: str) -> Desk | None:
    """What changed after `position`; the whole desk where entries were missed; None if nothing did."""
    if await events.behind(store, meeting, position):
        return await look(store, meeting)
    entries = (await events.since(store, {meeting: position})).get(meeting, [])
    if not entries:
        return None
    touched = await _touched(store, meeting, entries)
    return await _desk(store, meeting, entries[-1][0], False, touched)


async def _touched(store: Redis, meeting: str, entries: list[Entry]) -> list[str]:
    ids: dict[str, None] = {}
    numbers: dict[str, None] = {}
    for _, entry in entries:
        match entry["t"]:
            case "question":
                ids[entry["q"]] = None
            case "analysis":
                ids.update(dict.fromkeys(entry["run"].split()))
            case "numbered":
                ids.update(dict.fromkeys(entry["run"].split(" ")[::2]))
            case "votes":
                numbers.update(dict.fromkeys(entry["run"].split(" ")[::2]))
    voted = await typed.hmget(store, keys.numbers(meeting), list(numbers)) if numbers else []
    ids.update(dict.fromkeys(q for q in voted if q))
    return list(ids)


async def _desk(store: Redis, meeting: str, position: str, whole: bool, ids: list[str]) -> Desk:
    found = await question_rows.read(store, meeting, ids)
    numbered = [question for question in found if question.number is not None]
    firsts = await analysis.firsts(store, meeting, [question.q for question in numbered])
    people = await analysis.people(store, meeting, [question.q for question in numbered])
    for q in await analysis.apart(store, meeting, firsts):
        firsts.pop(q, None)
        people.pop(q, None)
    return Desk(
        position,
        whole,
        numbered,
        firsts,
        people,
        await counts(store, meeting),
        await stage.line(store, meeting),
    )


async def counts(store: Redis, meeting: str) -> dict[str, int]:
    """How many stand in each queue."""
    queues = {
        "waiting": keys.waiting,
        "listed": keys.ranked,
        "on_air": keys.on_air,
        "appeals": keys.appeals,
        "screened_out": keys.screened,
        "answered": keys.answered,
    }
    pipe = store.pipeline(transaction=False)
    for key in queues.values():
        pipe.zcard(key(meeting))
    pipe.hlen(keys.lineage(meeting))
    return dict(zip([*queues, "merged"], await pipe.execute(), strict=True))
