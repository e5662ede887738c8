"""The public record: every question that was ever screened out, with all that followed, and its clocks.

A text is here only where everybody may read it; otherwise its length stands for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.acts.public_history import public_histories
from server.domain.erasing import Gone
from server.domain.meeting import Meeting
from server.domain.public_acts import Entry
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
    """One question of the record with all that happened to it. `text` is None where not everybody may
    read it (then `length` stands for it), or where it is gone."""

    number: int
    state: State
    text: str | None
    length: int
    lang: str
    dir: str
    by: str | None
    reason: str | None
    entries: list[Entry]
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long people wait: `oldest` is a public time, `median_ms` from receipt to first decision, in
    whole days where nothing was decided since times are kept exactly (`by_day`)."""

    waiting: int
    oldest: int | None
    decided: int
    median_ms: int | None
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """How a question of the record stands by its log: the reason now or REVERSED, and whether everybody
    may read its text."""

    number: int
    q: str
    reason: str
    public: bool


def _stand(question: Question) -> Stand:
    """The same by the store, for a meeting without a log."""
    out = question.state is State.SCREENED_OUT
    public = text_is_public(question.state, question.withheld)
    reason = (question.reason or REVERSED) if out else REVERSED
    return Stand(question.number or 0, question.q, reason, public)


def _mark(stand: Stand, question: Question | None) -> Mark:
    """The store's word counts too: what it does not let everybody read any more is no word to find."""
    words = ""
    if question and stand.public and text_is_public(question.state, question.withheld):
        words = f"{question.text}\n{question.wording}".casefold()
    return Mark(stand.number, stand.q, stand.reason, words)


async def _marks(store: Redis, meeting: str, stands: Sequence[Stand] | None) -> list[Mark]:
    ids = [stand.q for stand in stands or ()]
    if stands is None:
        ids = await typed.zrange(store, keys.record(meeting), 0, -1)
    rows: dict[str, Question] = {}
    for at in range(0, len(ids), SLICE):
        found = await question_rows.read(store, meeting, ids[at : at + SLICE])
        rows |= {question.q: question for question in found}
    if stands is None:
        stands = [_stand(question) for question in rows.values()]
    return [_mark(stand, rows.get(stand.q)) for stand in stands]


@dataclass(slots=True)
class Index:
    """The indexes of this process, by meeting: read anew only after somebody has acted."""

    _held: dict[str, tuple[str, list[Mark]]] = field(default_factory=dict)

    async def marks(
        self,
        store: Redis,
        meeting: str,
        size: int = 0,
        stands: Callable[[], Sequence[Stand]] | None = None,
    ) -> list[Mark]:
        """The whole record's index, by public number: of the log's `stands` at its published `size`, or
        of the store for a meeting without one."""
        # Place first: an act that comes while we read makes the next reader read again.
        place = f"{await typed.last_entry(store, keys.desk_log(meeting))} {size}"
        held = self._held.get(meeting)
        if held is None or held[0] != place:
            held = (place, await _marks(store, meeting, stands() if stands else None))
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
    return [_case(question, run) for question, run in zip(found, runs, strict=True)]


def _case(question: Question, entries: list[Entry]) -> Case:
    public = text_is_public(question.state, question.withheld)
    return Case(
        number=question.number or 0,
        state=question.state,
        text=question.text if public and question.gone is None else None,
        length=len(question.text),
        lang=question.lang,
        dir=question.dir,
        by=question.name if public else None,
        reason=question.reason,
        entries=entries,
        gone=question.gone,
    )


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
