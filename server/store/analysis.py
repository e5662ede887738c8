"""What the analysis found: copy groups and similar questions. Suggestions alone; nothing acts on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from redis.asyncio import Redis

from server.store import keys, typed
from server.store.call import call
from server.store.rebuilding import NOBODY


@dataclass(frozen=True, slots=True)
class Grouped:
    """A question as an earlier run left it: its group's first question, its signature in hex."""

    q: str
    text: str
    asker: str
    first: str
    signature: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one slice found, all by question id."""

    copies: Mapping[str, str]
    signatures: Mapping[str, str]
    similar: Mapping[str, Mapping[str, float]]
    askers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A pair that is no suggestion any more: who says so, and how the desk's log tells of it."""

    pair: str
    by: str
    entry: str
    at: int


LOST_ASKER = str(NOBODY)
KEPT = 10  # similar ones of each question; what was dismissed leaves room for the next
SHOWN = 5


def best(alike: Mapping[str, float]) -> dict[str, float]:
    """The KEPT most similar, best first."""
    return dict(sorted(alike.items(), key=lambda pair: -pair[1])[:KEPT])


def asked_by(first: str, askers: Mapping[str, str], dismissed: Set[str]) -> dict[str, int]:
    """For each of a copy group, by id with its asker: how many people asked it; 1 where it was told
    apart from the group's first. An asker whom a rebuilt store does not know counts as one more."""
    apart = {q for q in askers if q != first and pair_name(q, first) in dismissed}
    told = [asker for q, asker in askers.items() if q not in apart]
    lost = told.count(LOST_ASKER)
    people = len(set(told) - {LOST_ASKER}) + lost
    return {q: 1 if q in apart else people for q in askers}


async def done(redis: Redis, meeting: str) -> str:
    """The last public number that was analysed, '' at first."""
    return await typed.hget(redis, keys.analysis(meeting), "done") or ""


async def numbered(redis: Redis, meeting: str) -> int:
    """The last public number given."""
    return int(await typed.hget(redis, keys.cursor(meeting), "numbered") or 0)


async def texts(redis: Redis, meeting: str, low: int, high: int) -> list[tuple[str, str, str]]:
    """(id, text, asker) of the questions numbered `low` to `high`; those without a text are left out."""
    names = [str(n) for n in range(low, high + 1)]
    ids = await typed.hmget(redis, keys.numbers(meeting), names) if names else []
    pipe = redis.pipeline(transaction=False)
    found = [q for q in ids if q]
    for q in found:
        pipe.hmget(keys.question(meeting, q), ["text", "asker"])
    rows = await pipe.execute() if found else []
    return [(q, text, asker) for q, (text, asker) in zip(found, rows, strict=True) if text]


async def grouped(redis: Redis, meeting: str, upto: int) -> list[Grouped]:
    """Everything that earlier runs have grouped, in order of arrival."""
    known = await texts(redis, meeting, 1, upto)
    firsts = await typed.hgetall(redis, keys.analysed(meeting, "copies"))
    signatures = await typed.hgetall(redis, keys.analysed(meeting, "signatures"))
    return [
        Grouped(q, text, asker, firsts.get(q, q), signatures[q])
        for q, text, asker in known
        if q in signatures
    ]


async def kept_similar(
    redis: Redis, meeting: str, ids: Sequence[str]
) -> dict[str, dict[str, float]]:
    """What is kept as similar to each, best first."""
    rows = await typed.hmget(redis, keys.analysed(meeting, "similar"), list(ids)) if ids else []
    return {q: dict(json.loads(row)) for q, row in zip(ids, rows, strict=True) if row}


async def dismissals(redis: Redis, meeting: str) -> set[str]:
    """The names of all pairs that somebody dismissed."""
    return set(await typed.hgetall(redis, keys.dismissed(meeting)))


async def note(
    redis: Redis, meeting: str, before: str, after: int, dismissed: int, found: Findings
) -> bool:
    """Keep a slice's findings if no other run has gone on from `before` and no more than `dismissed`
    pairs are dismissed; False otherwise, and nothing is kept. Nothing is kept of what was erased
    meanwhile: a fingerprint tells of the words."""
    told = {
        "copies": dict(found.copies),
        "signatures": dict(found.signatures),
        "similar": {q: json.dumps(list(row.items())) for q, row in found.similar.items()},
        "askers": dict(found.askers),
    }
    about = sorted({*found.copies, *found.signatures, *found.similar})
    used = [
        keys.analysis(meeting),
        keys.analysed(meeting, "copies"),
        keys.analysed(meeting, "signatures"),
        keys.analysed(meeting, "similar"),
        keys.by_askers(meeting),
        keys.events(meeting),
        keys.dismissed(meeting),
        *(keys.question(meeting, q) for q in about),
    ]
    given: list[str | int] = [before, after, json.dumps(told), dismissed, *about]
    answer = await call(redis, "note_analysis", used, given)
    return bool(answer == "noted")


async def dismiss(redis: Redis, meeting: str, told: Dismissal, sign_in: str) -> str:
    """Keep a dismissal and what it makes of its group's count: 'dismissed' | 'signed_out' | 'ended', or
    'moved' where a run or another dismissal came between (nothing is changed: try again)."""
    upto, gone = await done(redis, meeting), await dismissals(redis, meeting)
    counts = await _recounted(redis, meeting, told.pair, gone | {told.pair})
    run = [word for q, count in counts.items() for word in (q, count)]
    used = [
        keys.dismissed(meeting),
        keys.desk_log(meeting),
        keys.events(meeting),
        keys.sign_in(meeting, sign_in),
        keys.meeting(meeting),
        keys.analysis(meeting),
        keys.by_askers(meeting),
    ]
    given: list[str | int] = [told.pair, told.by, told.entry, told.at, upto, len(gone), *run]
    return str(await call(redis, "dismiss_pair", used, given))


async def _recounted(redis: Redis, meeting: str, pair: str, gone: Set[str]) -> dict[str, int]:
    """How many people asked each of the group that a pair of copies is told apart in."""
    one, other = pair.split(" ")
    copies = await typed.hgetall(redis, keys.analysed(meeting, "copies"))
    first = copies.get(one)
    if first is None or copies.get(other) != first or first not in (one, other):
        return {}
    members = [q for q, held in copies.items() if held == first]
    pipe = redis.pipeline(transaction=False)
    for q in members:
        pipe.hget(keys.question(meeting, q), "asker")
    askers = dict(zip(members, await pipe.execute(), strict=True))
    return asked_by(first, {q: str(asker) for q, asker in askers.items()}, gone)


async def firsts(redis: Redis, meeting: str, ids: Sequence[str]) -> dict[str, str]:
    """For each analysed question, the first one of its copy group."""
    rows = await typed.hmget(redis, keys.analysed(meeting, "copies"), list(ids)) if ids else []
    return {q: first for q, first in zip(ids, rows, strict=True) if first}


async def people(redis: Redis, meeting: str, ids: Sequence[str]) -> dict[str, int]:
    """How many people asked each one's copy group, for those that wait."""
    found = await redis.zmscore(keys.by_askers(meeting), list(ids)) if ids else []
    return {q: int(count) for q, count in zip(ids, found, strict=True) if count is not None}


async def similar(redis: Redis, meeting: str, q: str) -> list[tuple[str, float]]:
    """The SHOWN questions most like `q`, best first, with their likeness, less those that somebody
    dismissed. A copy has those of its group's first; a group is named by its first alone."""
    first = (await firsts(redis, meeting, [q])).get(q, q)
    alike = (await kept_similar(redis, meeting, [first])).get(first, {})
    if not alike:
        return []
    groups = await firsts(redis, meeting, list(alike))
    pairs: dict[str, float] = {}
    for other, score in alike.items():
        if (named := groups.get(other, other)) != first:
            pairs.setdefault(named, score)
    names = [pair_name(one, other) for other in pairs for one in (q, first)]
    found = await typed.hmget(redis, keys.dismissed(meeting), names) if names else []
    gone = {name for name, by in zip(names, found, strict=True) if by}
    kept = [
        pair
        for pair in pairs.items()
        if not gone & {pair_name(q, pair[0]), pair_name(first, pair[0])}
    ]
    return kept[:SHOWN]


async def apart(redis: Redis, meeting: str, groups: Mapping[str, str]) -> set[str]:
    """Those that somebody dismissed as a copy of their group's first question."""
    pairs = {q: pair_name(q, first) for q, first in groups.items() if q != first}
    if not pairs:
        return set()
    gone = await typed.hmget(redis, keys.dismissed(meeting), list(pairs.values()))
    return {q for q, by in zip(pairs, gone, strict=True) if by}


def pair_name(one: str, other: str) -> str:
    """The field of a pair, whichever way round it is named."""
    return " ".join(sorted((one, other)))
