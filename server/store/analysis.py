"""What the analysis found: copy groups and similar questions. Suggestions alone; nothing acts on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.store import keys, typed
from server.store.call import call


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
    similar: Mapping[str, str]
    askers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A pair that is no suggestion any more: who says so, and how the desk's log tells of it."""

    pair: str
    by: str
    entry: str
    at: int


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


async def note(redis: Redis, meeting: str, before: str, after: int, found: Findings) -> bool:
    """Keep a slice's findings if no other run has gone on from `before`; False when one has."""
    told = {
        "copies": dict(found.copies),
        "signatures": dict(found.signatures),
        "similar": dict(found.similar),
        "askers": dict(found.askers),
    }
    used = [
        keys.analysis(meeting),
        keys.analysed(meeting, "copies"),
        keys.analysed(meeting, "signatures"),
        keys.analysed(meeting, "similar"),
        keys.by_askers(meeting),
        keys.events(meeting),
    ]
    answer = await call(redis, "note_analysis", used, [before, after, json.dumps(told)])
    return bool(answer == "noted")


async def dismiss(redis: Redis, meeting: str, told: Dismissal, sign_in: str) -> str:
    """Keep a dismissal: 'dismissed' | 'signed_out' | 'ended'."""
    used = [
        keys.dismissed(meeting),
        keys.desk_log(meeting),
        keys.events(meeting),
        keys.sign_in(meeting, sign_in),
        keys.meeting(meeting),
    ]
    return str(await call(redis, "dismiss_pair", used, [told.pair, told.by, told.entry, told.at]))


async def firsts(redis: Redis, meeting: str, ids: Sequence[str]) -> dict[str, str]:
    """For each analysed question, the first one of its copy group."""
    rows = await typed.hmget(redis, keys.analysed(meeting, "copies"), list(ids)) if ids else []
    return {q: first for q, first in zip(ids, rows, strict=True) if first}


async def people(redis: Redis, meeting: str, ids: Sequence[str]) -> dict[str, int]:
    """How many people asked each one's copy group, for those that wait."""
    found = await redis.zmscore(keys.by_askers(meeting), list(ids)) if ids else []
    return {q: int(count) for q, count in zip(ids, found, strict=True) if count is not None}


async def similar(redis: Redis, meeting: str, q: str) -> list[tuple[str, float]]:
    """Questions like `q` with their likeness, best first, less those that somebody dismissed."""
    row = await typed.hget(redis, keys.analysed(meeting, "similar"), q)
    pairs = [(str(other), float(score)) for other, score in json.loads(row)] if row else []
    if not pairs:
        return []
    names = [pair_name(q, other) for other, _ in pairs]
    gone = await typed.hmget(redis, keys.dismissed(meeting), names)
    return [pair for pair, by in zip(pairs, gone, strict=True) if not by]


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
