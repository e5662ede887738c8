"""A question's history as everybody may read it: each act in a word, who, when, why, and never a text
that is withheld or waits. All of it comes from the desk's log; nothing here writes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.acts.reason_lists import ReasonLists, reason_lists
from server.domain import rules
from server.domain.meeting import Meeting
from server.domain.public_time import public_at
from server.domain.question import text_is_public
from server.domain.rules import Rule
from server.domain.screening import SKIP_REASONS
from server.store import desk_log, question_rows, ticks
from server.store.desk_log import LoggedAct
from server.store.question_rows import Question


@dataclass(frozen=True, slots=True)
class Entry:
    """One public act. `text` is its note, wording, answer or appeal; `other` the number of the question
    that it names; `passed` are the numbers that a pick passed over, with the stage's reason or '';
    `rules` counts the meeting's settings up to it; `length` stands for withheld words."""

    act: str
    at: int
    by: str
    rules: int
    reason: str | None = None
    sentence: str = ""
    withheld: bool = False
    text: str = ""
    votes: int | None = None
    other: int | None = None
    rank: int | None = None
    how: str = ""
    stream_s: int | None = None
    passed: tuple[tuple[int, str], ...] = ()


# The word for an act that always means the same; the others depend on what came before.
_WORDS = {
    "q.received": "received",
    "q.hint": "sent_back",
    "q.pick": "picked",
    "q.return": "returned",
    "q.skip": "skipped",
    "q.withdraw": "withdrawn",
    "q.appeal": "appealed",
    "q.lapse": "lapsed",
    "q.erase": "erased",
    "q.word": "worded",
}
# After which act the same step is another one: a reversal, a correction.
_AGAIN = {
    ("q.list", "q.screen"): "reversed",
    ("q.list", "q.judge"): "reversed",
    ("q.list", "q.answer"): "reopened",
    ("q.answer", "q.answer"): "corrected",
    ("q.screen", "q.screen"): "screened_again",
    ("q.screen", "q.judge"): "screened_again",
}
_FIRST = {"q.list": "listed", "q.answer": "answered", "q.screen": "screened_out"}
SAYS_TEXT = {"q.screen": "note", "q.word": "c2", "q.answer": "c2", "q.appeal": "note"}
# A note is the moderator's own public word; the others may repeat what is withheld.
ALWAYS_SAID = "q.screen"


def _word(acted: LoggedAct, before: str, question: Question) -> str | None:
    kind, own = acted.kind, acted.q == question.q
    match kind:
        case "q.merge":
            return "merged" if own else "joined"
        case "q.split":
            return "split" if own else "left"
        case "q.judge" | "q.end":
            return str(acted.intent["d"])
        case "q.list" | "q.answer" | "q.screen":
            return _AGAIN.get((kind, before), _FIRST[kind])
    return _WORDS.get(kind)


def _said(acted: LoggedAct, public: bool) -> str | None:
    field = SAYS_TEXT.get(acted.kind)
    if field is None or not (public or acted.kind == ALWAYS_SAID):
        return None
    return acted.intent.get(field)


def _by(acted: LoggedAct) -> str:
    if acted.kind == "q.end":
        return rules.name(Rule.CLOSING)
    return str(acted.intent.get("by", "asker"))


async def public_histories(
    store: Redis, meeting: Meeting, questions: Sequence[Question]
) -> list[list[Entry]]:
    """The public histories of these questions, oldest act first; for a head its members' merges too."""
    runs = await desk_log.histories(store, meeting.id, [question.q for question in questions])
    changes = await desk_log.rule_changes(store, meeting.id)
    versions = [desk_log.order(c.id) for c in changes if c.kind == "log.open" or _is_settings(c)]
    said, others = [], set[str]()
    for question, run in zip(questions, runs, strict=True):
        public = text_is_public(question.state, question.withheld)
        for acted in run:
            commitment = _said(acted, public)
            said += [commitment] if commitment else []
            others |= {acted.intent.get("into", ""), acted.q or ""} - {question.q, ""}
    texts = await desk_log.openings(store, meeting.id, said)
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
            word = _word(acted, before, question)
            if word is not None:
                found.append(self._entry(acted, word, question, public))
            if acted.kind in ("q.list", "q.screen", "q.judge", "q.answer", "q.split"):
                before = acted.kind
        return found

    def _entry(self, acted: LoggedAct, word: str, question: Question, public: bool) -> Entry:
        intent = acted.intent
        code = intent.get("reason")
        sentence = self.reasons.sentence(acted.id, code) if code else ""
        named = intent.get("into") if acted.q == question.q else acted.q
        commitment = _said(acted, public)
        return Entry(
            act=word,
            at=public_at(acted.at, self.meeting.live_at),
            by=_by(acted),
            rules=max(1, bisect_right(self.versions, desk_log.order(acted.id))),
            reason=code,
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
