"""Reading the desk's log: every act by anyone, and one question's history. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

from server.store import keys, typed

PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """One act: its place in the log (also a page's cursor), when, and its intent."""

    id: str
    at: int
    intent: dict[str, Any]

    @property
    def kind(self) -> str:
        """The leaf's type, such as q.list; acts that only the desk logs begin with desk."""
        return str(self.intent["t"])

    @property
    def q(self) -> str | None:
        """The question it is about, or None for an act on the meeting."""
        return cast("str | None", self.intent.get("q"))


def _parse(entries: Iterable[tuple[str, dict[str, str]]]) -> list[LoggedAct]:
    return [LoggedAct(at, int(row["at"]), json.loads(row["intent"])) for at, row in entries]


def order(place: str) -> tuple[int, int]:
    """A place in the log as a pair that sorts."""
    ms, _, sequence = place.partition("-")
    return int(ms), int(sequence or 0)


async def page(redis: Redis, meeting: str, before: str | None, count: int) -> list[LoggedAct]:
    """The newest acts older than `before` (an id; None from the newest on), newest first."""
    most = min(count, PAGE_MAX)
    top = f"({before}" if before else "+"
    found = await redis.xrevrange(keys.desk_log(meeting), max=top, count=most)
    return _parse(cast("list[tuple[str, dict[str, str]]]", found))


async def after(redis: Redis, meeting: str, place: str, count: int) -> list[LoggedAct]:
    """The oldest acts after a place in the log, oldest first."""
    return _parse(await typed.entries(redis, keys.desk_log(meeting), place, count))


async def history(redis: Redis, meeting: str, q: str) -> list[LoggedAct]:
    """What happened to one question, oldest first; for a head, merges and splits of its members too."""
    return (await histories(redis, meeting, [q]))[0]


async def histories(redis: Redis, meeting: str, ids: list[str]) -> list[list[LoggedAct]]:
    """The histories of several questions, in two round trips."""
    return await _runs(redis, meeting, [keys.history(meeting, q) for q in ids])


async def rule_changes(redis: Redis, meeting: str) -> list[LoggedAct]:
    """Every opening, phase and change of settings of a meeting, oldest first."""
    return (await _runs(redis, meeting, [keys.rule_log(meeting)]))[0]


async def _runs(redis: Redis, meeting: str, lists: list[str]) -> list[list[LoggedAct]]:
    pipe = redis.pipeline(transaction=False)
    for run in lists:
        pipe.lrange(run, 0, -1)
    places = await pipe.execute()
    pipe = redis.pipeline(transaction=False)
    for run in places:
        for at in run:
            pipe.xrange(keys.desk_log(meeting), at, at)
    found = iter(await pipe.execute())
    return [_parse(next(found)[0] for _ in run) for run in places]


async def openings(redis: Redis, meeting: str, commitments: list[str]) -> dict[str, str]:
    """The texts behind commitments, where they (still) exist."""
    if not commitments:
        return {}
    rows = await typed.hmget(redis, keys.openings(meeting), commitments)
    return {c: json.loads(row)["text"] for c, row in zip(commitments, rows, strict=True) if row}
