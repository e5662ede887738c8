"""The leaves played again: which steps were legal, and what every question is now. Pure.

`public` derives public.json, the states and commitments of all questions, from leaves alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from server.domain.meeting import Phase
from server.domain.question import Act, State, step
from server.domain.refusals import Refused
from server.translog import leaf
from server.translog.checkpoint import Checkpoint
from server.translog.leaf import Leaf
from server.translog.strict import Json

ACTS = MappingProxyType(
    {
        "q.list": Act.LIST,
        "q.screen": Act.SCREEN_OUT,
        "q.merge": Act.MERGE,
        "q.word": Act.WORD,
        "q.hint": Act.SEND_BACK,
        "q.pick": Act.PICK,
        "q.return": Act.RETURN,
        "q.skip": Act.SKIP,
        "q.answer": Act.ANSWER,
        "q.withdraw": Act.WITHDRAW,
        "q.appeal": Act.APPEAL,
        "q.end": Act.CLOSE,
    }
)
# What a proposal waits to become.
PROPOSED = MappingProxyType({"screen": Act.SCREEN_OUT, "merge": Act.MERGE})
OPEN = "open"
BACKWARD = "its time is before that of the entry in front of it"
LOCKS = MappingProxyType({"q.withdraw": "w", "q.appeal": "a"})


@dataclass(slots=True)
class Played:
    """One question as the leaves tell it."""

    number: int
    c: str
    received: int
    at: int
    hl: Json
    state: State = State.RECEIVED
    last: int = 0
    decided_at: int | None = None
    was: State = State.RECEIVED
    into: str | None = None
    reason: Json = None
    withheld: bool = False
    confirmed: bool = False
    by: Json = None
    appeal: str = ""
    note: Json = None
    wording: Json = None
    answer: Json = None
    erased: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class Replay:
    """Takes the leaves in their order and tells what is wrong with each."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.size = 0
        self.at = 0
        self.phase = ""
        self.questions: dict[str, Played] = {}
        self.ticks: dict[int, Leaf] = {}
        self.closed: Leaf | None = None
        self.prev: Checkpoint | None = None
        self.judged_alone: list[int] = []
        self.rekeyed_at: int | None = None

    def take(self, found: Leaf) -> Iterator[str]:
        """What is wrong with the next leaf; nothing for a sound one."""
        index, self.size = self.size, self.size + 1
        if (found.kind == "log.open") is not (index == 0):
            yield "the log's opening is not its first entry, or stands twice"
        if index == 0 and found.fields.get("origin") != self.origin:
            yield f"it opens the log {found.fields.get('origin')}"
        if index == 0:
            yield from self._continues(found.fields.get("prev"))
        if found.at < self.at:
            yield BACKWARD
        if self.closed is not None and found.kind != "q.erase":
            yield "it follows the end of the log"
        self.at = max(self.at, found.at)
        if found.kind in ("log.open", "m.phase"):
            yield from self._moves(str(found.fields["phase"]))
        elif found.kind == "v.tick":
            yield from self._tick(found)
        elif found.kind == "log.key":
            self.rekeyed_at = index
        elif found.kind == "log.close":
            if self.phase not in (Phase.CLOSED, Phase.ARCHIVED):
                yield f"it ends the log of a meeting that is {self.phase or 'nowhere'}"
            self.closed = found
        elif found.q is not None:
            yield from self._question(index, found, found.q)

    def _continues(self, prev: Json) -> Iterator[str]:
        if isinstance(prev, dict):
            origin, size = str(prev["origin"]), int(str(prev["size"]))
            self.prev = Checkpoint(origin, size, bytes.fromhex(str(prev["root"])))
            if origin == self.origin:
                yield "it says that it continues itself"

    def _moves(self, phase: str) -> Iterator[str]:
        order = [str(one) for one in Phase]
        if self.phase and order.index(phase) < order.index(self.phase):
            yield f"the meeting goes back from {self.phase} to {phase}"
        self.phase = phase

    def _tick(self, found: Leaf) -> Iterator[str]:
        n = found.fields["n"]
        if n != len(self.ticks) + 1:
            yield f"tick {n} follows tick {len(self.ticks)}"
        self.ticks[int(str(n))] = found

    def _question(self, index: int, found: Leaf, q: str) -> Iterator[str]:
        known = self.questions.get(q)
        if found.kind == "q.received":
            if known is not None:
                yield "it receives a question again"
                return
            yield from self._follows(found)
            number, c = len(self.questions) + 1, str(found.fields["c"])
            self.questions[q] = Played(number, c, index, found.at, found.fields["hl"], last=index)
            return
        if known is None:
            yield "it decides on a question that was never received"
            return
        if found.ref != known.last:
            yield f"it names entry {found.ref} as the question's last; that is entry {known.last}"
        known.last = index
        yield from self._unlocks(found, known)
        yield from self._appeals(found, known)
        yield from self._lapses(found, known)
        try:
            self._step(found, known)
        except Refused:
            yield f"a question that is {known.state.value} cannot take this step"

    def _follows(self, found: Leaf) -> Iterator[str]:
        after = found.fields["after"]
        before = self.questions.get(str(after)) if after is not None else None
        if after is not None and (before is None or before.state is not State.SENT_BACK):
            yield "it follows a question that was not sent back"

    def _unlocks(self, found: Leaf, known: Played) -> Iterator[str]:
        name, pre = LOCKS.get(found.kind), found.fields.get("pre")
        if found.kind == "q.erase" and found.fields["basis"] == "author":
            name = "w"
        if name is None or not isinstance(known.hl, dict):
            return
        secret = bytes.fromhex(pre) if isinstance(pre, str) else b""
        if hashlib.sha256(secret).hexdigest() != known.hl[name]:
            yield "it does not show the asker's secret"

    def _appeals(self, found: Leaf, known: Played) -> Iterator[str]:
        match found.kind:
            case "q.appeal":
                if known.appeal:
                    yield "it appeals again"
                known.appeal = OPEN
            case "q.judge":
                if known.appeal != OPEN:
                    yield "it judges an appeal that does not wait"
                known.appeal = str(found.fields["d"])
                if found.fields["by"] == known.by:
                    self.judged_alone.append(known.number)
            case "q.list" | "q.screen" if known.appeal == OPEN:
                yield "it passes over an appeal that waits"

    def _lapses(self, found: Leaf, known: Played) -> Iterator[str]:
        if found.kind != "q.lapse":
            return
        if not known.withheld or known.confirmed:
            yield "it lets lapse what is no unconfirmed withholding"
            return
        known.state, known.reason, known.note, known.withheld = State.RECEIVED, None, None, False

    def _step(self, found: Leaf, known: Played) -> None:
        kind, fields = found.kind, found.fields
        if kind == "q.lapse":
            return
        if kind == "q.erase":
            what = fields["what"]
            known.erased = [str(part) for part in what] if isinstance(what, list) else []
            return
        if kind == "q.propose":  # changes nothing until it is committed
            step(known.state, PROPOSED[str(fields["act"])])
            return
        act = ACTS.get(kind)
        if kind == "q.split":
            act = Act.SPLIT_UNREAD if known.was is State.RECEIVED else Act.SPLIT
        elif kind == "q.judge":
            act = Act.UPHOLD if fields["d"] == "upheld" else Act.OVERTURN
        if act is None:
            raise AssertionError(f"{kind} is a step of no question")
        before, known.state = known.state, step(known.state, act)
        if known.decided_at is None and known.state is not State.RECEIVED:
            known.decided_at = found.at
        self._remember(found, known, before)

    def _remember(self, found: Leaf, known: Played, before: State) -> None:
        fields = found.fields
        match found.kind:
            case "q.screen":
                known.reason, known.note = fields["reason"], fields["note"]
                known.by = fields["by"]
                known.withheld = fields["withheld"] == 1
                known.confirmed = fields["second"] is not None
                known.reasons.append(str(fields["reason"]))
            case "q.list":
                known.reason, known.note, known.withheld = None, None, False
            case "q.judge" if known.state is State.LISTED:
                known.reason, known.note, known.withheld = None, None, False
            case "q.merge":
                known.was, known.into = before, str(fields["into"])
            case "q.split":
                known.into = None
            case "q.word":
                known.wording = fields["c2"]
            case "q.answer":
                known.answer = fields["c2"]

    def beyond(self, found: Leaf) -> Iterator[str]:
        """What is wrong with a leaf in the light of those before and itself: heads, ticks, ends."""
        if found.kind == "q.merge":
            head = self.questions.get(str(found.fields["into"]))
            if head is None or found.fields["into"] == found.q:
                yield "it merges into a question that is not there"
        elif found.kind == "q.pick" and found.fields["tick"] not in self.ticks:
            yield "it cites a tick that is not in the log"
        elif found.kind == "q.end" and found.q in self.questions:
            if self.questions[found.q].state.value != found.fields["d"]:
                yield "it ends the question as something else than it was"

    def undecided(self) -> list[tuple[str, Played]]:
        """Questions that were received and wait for a decision."""
        return [(q, known) for q, known in self.questions.items() if known.state is State.RECEIVED]

    def counts(self) -> dict[str, Json]:
        """How many questions are in each state."""
        return dict(Counter(known.state.value for known in self.questions.values()))

    def public(self, root: bytes) -> bytes:
        """public.json at this size: states and commitments, never text."""
        rows: list[Json] = [
            {
                "n": known.number,
                "q": q,
                "c": known.c,
                "state": known.state.value,
                "at": known.at,
                "decided_at": known.decided_at,
                "leaf": known.received,
                "last": known.last,
                "into": known.into,
                "reason": known.reason,
                "withheld": int(known.withheld),
                "note": known.note,
                "wording": known.wording,
                "answer": known.answer,
                "erased": list(known.erased),
            }
            for q, known in self.questions.items()
        ]
        head: dict[str, Json] = {"v": 1, "origin": self.origin, "size": self.size}
        return leaf.canonical(
            {
                **head,
                "root": root.hex(),
                "phase": self.phase,
                "counts": self.counts(),
                "questions": rows,
            }
        )
