"""The public record: every question that was ever screened out, with all that followed, and its clocks.

A text is here only where everybody may read it; otherwise its length stands for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.acts.public_history import Entry, public_histories
from server.domain.meeting import Meeting
from server.domain.public_time import public_at
from server.domain.question import State, text_is_public
from server.store import keys, question_rows, typed
from server.store.question_rows import Question

SLICE = 200
HELD_MAX = 50  # indexes of meetings kept at once
REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the record's index: `reason` as it stands now, or REVERSED; `words` to search in, empty
    where the text is not public."""

    number: int
    q: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    """One question of the record with everything since (and before) it was screened out."""

    question: Question
    entries: list[Entry]

    @property
    def text(self) -> str | None:
        """The text where everybody may read it, else None."""
        question = self.question
        return question.text if text_is_public(question.state, question.withheld) else None


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long people wait: `oldest` is a public time, `median_ms` from receipt to first decision."""

    waiting: int
    oldest: int | None
    decided: int
    median_ms: int | None


def _mark(question: Question) -> Mark:
    out = question.state is State.SCREENED_OUT
    public = text_is_public(question.state, question.withheld)
    words = f"{question.text}\n{question.wording}".casefold() if public else ""
    reason = (question.reason or REVERSED) if out else REVERSED
    return Mark(question.number or 0, question.q, reason, words)


async def _marks(store: Redis, meeting: str) -> list[Mark]:
    ids = await typed.zrange(store, keys.record(meeting), 0, -1)
    found: list[Mark] = []
    for at in range(0, len(ids), SLICE):
        found += map(_mark, await question_rows.read(store, meeting, ids[at : at + SLICE]))
    return found


@dataclass(slots=True)
class Index:
    """The indexes of this process, by meeting: read anew only after somebody has acted."""

    _held: dict[str, tuple[str, list[Mark]]] = field(default_factory=dict)

    async def marks(self, store: Redis, meeting: str) -> list[Mark]:
        """The whole record's index, by public number."""
        # Place first: an act that comes while we read makes the next reader read again.
        place = await typed.last_entry(store, keys.desk_log(meeting))
        held = self._held.get(meeting)
        if held is None or held[0] != place:
            held = (place, await _marks(store, meeting))
            self._held.pop(meeting, None)
            self._held[meeting] = held
            while len(self._held) > HELD_MAX:
                del self._held[next(iter(self._held))]
        return held[1]


def matching(marks: Sequence[Mark], reason: str, search: str) -> list[Mark]:
    """The marks with this reason ('' for all) whose public words, or number, hold `search`."""
    wanted = search.strip().casefold()
    return [
        mark
        for mark in marks
        if reason in ("", mark.reason)
        and (not wanted or wanted in mark.words or wanted == str(mark.number))
    ]


def per_reason(marks: Sequence[Mark]) -> dict[str, int]:
    """How many stand screened out for each reason now, and how many were reversed."""
    return dict(Counter(mark.reason for mark in marks))


async def cases(store: Redis, meeting: Meeting, ids: Sequence[str]) -> list[Case]:
    """The questions with these ids, each with its public history."""
    found = await question_rows.read(store, meeting.id, ids)
    runs = await public_histories(store, meeting, found)
    return [Case(question, run) for question, run in zip(found, runs, strict=True)]


async def clocks(store: Redis, meeting: Meeting) -> Clocks:
    """What waits now, since when, and the median time to a first decision."""
    m = meeting.id
    waiting = int(await store.zcard(keys.waiting(m)))
    first = await store.zrange(keys.waiting(m), 0, 0, withscores=True)
    decided = int(await store.zcard(keys.delays(m)))
    middle = await store.zrange(
        keys.delays(m), (decided - 1) // 2, (decided - 1) // 2, withscores=True
    )
    return Clocks(
        waiting=waiting,
        oldest=public_at(int(first[0][1]), meeting.live_at) if first else None,
        decided=decided,
        median_ms=int(middle[0][1]) if decided else None,
    )
