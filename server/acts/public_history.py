"""A question's history as everybody may read it: each act in a word, who, when, why, and never a text
that is withheld or waits. All of it comes from the desk's log; nothing here writes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.acts.reason_lists import ReasonLists, reason_lists
from server.domain.meeting import Meeting
from server.domain.public_acts import TURNS, Entry, doer, said, word
from server.domain.public_time import public_at
from server.domain.question import text_is_public
from server.domain.screening import SKIP_REASONS
from server.store import desk_log, question_rows, ticks
from server.store.desk_log import LoggedAct
from server.store.question_rows import Question


async def public_histories(
    store: Redis, meeting: Meeting, questions: Sequence[Question]
) -> list[list[Entry]]:
    """The public histories of these questions, oldest act first; for a head its members' merges too."""
    runs = await desk_log.histories(store, meeting.id, [question.q for question in questions])
    changes = await desk_log.rule_changes(store, meeting.id)
    versions = [desk_log.order(c.id) for c in changes if c.kind == "log.open" or _is_settings(c)]
    words, others = [], set[str]()
    for question, run in zip(questions, runs, strict=True):
        public = text_is_public(question.state, question.withheld)
        for acted in run:
            commitment = said(acted.kind, acted.intent, public)
            words += [commitment] if commitment else []
            others |= {acted.intent.get("into", ""), acted.q or ""} - {question.q, ""}
    texts = await desk_log.openings(store, meeting.id, words)
    numbers = await question_rows.numbers_of(store, meeting.id, sorted(others))
    reasons = await reason_lists(store, meeting, changes)
    passed = await _passed(store, meeting.id, [acted for run in runs for acted in run])
    told = _Told(meeting, versions, reasons, texts, numbers, passed)
    return [told.entries(q, run) for q, run in zip(questions, runs, strict=True)]


async def _passed(
    store: Redis, meeting: str, acts: Sequence[LoggedAct]
) -> dict[str, tuple[tuple[int, str], ...]]:
    """Whom each pick passed over, by its place in the desk's log."""
    found: dict[str, tuple[tuple[int, str], ...]] = {}
    for acted in acts:
        if acted.kind == "q.pick" and acted.intent["rank"] > 1:
            above = await ticks.above(store, meeting, acted.intent["tick"], acted.intent["rank"])
            found[acted.id] = tuple(await ticks.passed_over(store, meeting, above))
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    meeting: Meeting
    versions: list[tuple[int, int]]
    reasons: ReasonLists
    texts: dict[str, str]
    numbers: dict[str, int]
    passed: dict[str, tuple[tuple[int, str], ...]]

    def entries(self, question: Question, run: list[LoggedAct]) -> list[Entry]:
        public, before, found = text_is_public(question.state, question.withheld), "", []
        for acted in run:
            told = word(acted.kind, acted.intent, before, acted.q == question.q)
            if told is not None:
                found.append(self._entry(acted, told, question, public))
            if acted.kind in TURNS:
                before = acted.kind
        return found

    def _entry(self, acted: LoggedAct, word: str, question: Question, public: bool) -> Entry:
        intent = acted.intent
        code = intent.get("reason")
        sentence = self.reasons.sentence(acted.id, code) if code else ""
        named = intent.get("into") if acted.q == question.q else acted.q
        commitment = said(acted.kind, acted.intent, public)
        return Entry(
            act=word,
            at=public_at(acted.at, self.meeting.live_at),
            by=doer(acted.kind, intent),
            rules=max(1, bisect_right(self.versions, desk_log.order(acted.id))),
            reason=intent.get("basis", code),
            sentence=sentence or SKIP_REASONS.get(code or "", ""),
            withheld=intent.get("withheld") == 1,
            text=self.texts.get(commitment, "") if commitment else "",
            votes=intent.get("votes"),
            other=intent.get("target") or self.numbers.get(named or ""),
            rank=intent.get("rank"),
            how=str(intent.get("how", "")),
            stream_s=intent.get("stream_s"),
            passed=self.passed.get(acted.id, ()),
        )


def _is_settings(change: LoggedAct) -> bool:
    return change.kind == "m.rule" and change.intent["what"] != "windows"
