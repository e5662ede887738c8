"""The public record as leaves and openings tell it: each question's history, what was screened out, how
long people wait. Pure. The pages and the published files are drawn from it, and the auditor draws the
files again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from server.audit.replay import Played, Replay
from server.domain.public_acts import TURNS, Entry, doer, said, word
from server.domain.question import State, text_is_public
from server.domain.screening import SKIP_REASONS
from server.translog import timing
from server.translog.leaf import Leaf
from server.translog.strict import Json

REVERSED = "reversed"
_NAMES = MappingProxyType(
    {
        "log.open": ("policy", "reasons", "roster"),
        "m.rule": ("old", "new"),
        "m.role": ("roster",),
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """Where a record's words come from: the opening of a question or commitment as far as it is public
    and was not lost, a document by its hash, the ranking of a tick."""

    opening: Callable[[str], Mapping[str, Any] | None]
    document: Callable[[str], Mapping[str, Any]]
    ranking: Callable[[int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One act in one question's history, under the so many-th settings; `reasons` names the document
    that holds the list in force, or the settings that name it. `skipped`, at a pick: whom the stage had
    passed over with which reason."""

    word: str
    leaf: Leaf
    rules: int
    reasons: str
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long people wait, in epoch seconds and seconds. Where nothing was decided in the time that is
    kept to the second, `median` counts whole days (`by_day`)."""

    waiting: int
    oldest: int | None
    decided: int
    median: int | None
    by_day: bool


class Record(Replay):
    """A replay that remembers every question's history; with `whole` False only from its first screening
    on, which is all that the files need."""

    def __init__(self, origin: str, whole: bool = True) -> None:
        super().__init__(origin)
        self.steps: dict[str, list[Step]] = {}
        self.numbers: dict[int, str] = {}
        self.named: set[str] = set()  # documents, by hash
        self.live_at: int | None = None
        self._whole = whole
        self._before: dict[str, str] = {}
        self._skipped: dict[str, str] = {}
        self._rules = 0
        self._reasons = ""

    def take(self, found: Leaf) -> Iterator[str]:
        """See Replay."""
        known = self.questions.get(found.q or "")
        head = known.into if known else None
        yield from super().take(found)
        if self.live_at is None and timing.turns_precise(found.kind, found.fields):
            self.live_at = found.at
        told = (found.fields.get(name) for name in _NAMES.get(found.kind, ()))
        self.named.update(str(sha256) for sha256 in told if sha256)
        if found.kind in ("log.open", "m.rule"):
            self._rule(found)
        elif found.q is not None and found.q in self.questions:
            into = found.fields.get("into") if found.kind == "q.merge" else head
            self._follow(found, found.q, str(into) if into else None)

    def _rule(self, found: Leaf) -> None:
        what = found.fields.get("what")
        if found.kind == "log.open" or what != "windows":
            self._rules += 1
        if what != "policy":
            self._reasons = str(found.fields["reasons" if found.kind == "log.open" else "new"])

    def _follow(self, found: Leaf, q: str, head: str | None) -> None:
        if found.kind == "q.received":
            self.numbers[self.questions[q].number] = q
        self._add(q, found, True)
        if found.kind in ("q.merge", "q.split") and head in self.questions:
            self._add(str(head), found, False)
        if found.kind == "q.skip":
            self._skipped[q] = str(found.fields["reason"])
        if found.kind in TURNS:
            self._before[q] = found.kind

    def _add(self, q: str, found: Leaf, own: bool) -> None:
        told = word(found.kind, found.fields, self._before.get(q, ""), own)
        if told is None or not (self._whole or self.questions[q].reasons):
            return
        skipped = dict(self._skipped) if found.kind == "q.pick" else {}
        step = Step(told, found, max(1, self._rules), self._reasons, skipped)
        self.steps.setdefault(q, []).append(step)

    def is_public(self, q: str) -> bool:
        """True where everybody may read the question's text, as far as the leaves tell."""
        known = self.questions[q]
        return not known.erased and text_is_public(known.state, known.withheld)

    def screened(self) -> list[str]:
        """Every question that was ever screened out, by public number."""
        return [q for q, known in self.questions.items() if known.reasons]

    def reason(self, known: Played) -> str:
        """The reason for which a question of the record stands screened out now, or REVERSED."""
        return str(known.reason) if known.state is State.SCREENED_OUT else REVERSED

    def clocks(self) -> Clocks:
        """What waits, since when, and the median from receipt to the first decision."""
        waiting = [known.at for _, known in self.undecided()]
        decided = [known for known in self.questions.values() if known.decided_at is not None]
        precise = [k for k in decided if self.live_at is not None and k.at >= self.live_at]
        took = sorted((k.decided_at or k.at) - k.at for k in precise or decided)
        middle = took[(len(took) - 1) // 2] if took else None
        oldest = min(waiting, default=None)
        return Clocks(len(waiting), oldest, len(decided), middle, bool(took and not precise))

    def said(self, q: str) -> list[str]:
        """The commitments to all public words of a question's history."""
        steps, public = self.steps.get(q, []), self.is_public(q)
        found = (said(step.leaf.kind, step.leaf.fields, public) for step in steps)
        return [commitment for commitment in found if commitment]

    def entries(self, q: str, look: Look, since_screened: bool = False) -> list[Entry]:
        """A question's history, oldest act first; `since_screened` from its first screening on."""
        steps = self.steps.get(q, [])
        if since_screened:
            steps = steps[next((n for n, step in enumerate(steps) if _is_screening(q, step)), 0) :]
        return [self._entry(q, step, look) for step in steps]

    def _entry(self, q: str, step: Step, look: Look) -> Entry:
        fields = step.leaf.fields
        commitment = said(step.leaf.kind, fields, self.is_public(q))
        opened = look.opening(commitment) if commitment else None
        code = _text(fields.get("reason"))
        other = step.leaf.q if step.leaf.q != q else _text(fields.get("into"))
        target = fields.get("target")
        known = self.questions.get(other or "")
        return Entry(
            act=step.word,
            at=step.leaf.at * 1000,
            by=doer(step.leaf.kind, fields),
            rules=step.rules,
            reason=code if step.leaf.kind != "q.erase" else _text(fields.get("basis")),
            sentence=_sentence(step.reasons, code, look) if code else "",
            withheld=fields.get("withheld") == 1,
            text=str(opened["text"]) if opened else "",
            votes=_whole(fields.get("votes")),
            other=_whole(target) or (known.number if known else None),
            rank=_whole(fields.get("rank")),
            how=_text(fields.get("how")) or "",
            stream_s=_whole(fields.get("stream_s")),
            passed=self._passed(step, look) if step.leaf.kind == "q.pick" else (),
        )

    def _passed(self, step: Step, look: Look) -> tuple[tuple[int, str], ...]:
        fields = step.leaf.fields
        tick, rank = _whole(fields.get("tick")) or 0, _whole(fields.get("rank")) or 1
        above = look.ranking(tick)[: rank - 1] if rank > 1 else []
        known = [(self.questions[q], q) for q in above if q in self.questions]
        return tuple((one.number, step.skipped.get(q, "")) for one, q in known)


def _is_screening(q: str, step: Step) -> bool:
    return step.leaf.kind == "q.screen" and step.leaf.q == q


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) else None


def _sentence(reasons: str, code: str, look: Look) -> str:
    if code in SKIP_REASONS:
        return SKIP_REASONS[code]
    listed = look.document(reasons)
    rows = listed.get("reasons")
    if isinstance(rows, str):  # the settings, which name the list by its hash
        rows = look.document(rows).get("reasons")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("code") == code:
            return str(row.get("sentence", ""))
    return ""
