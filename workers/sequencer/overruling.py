"""What was decided on a store that had forgotten acts of the log gives way to them: later decisions on the
same question, merges into it, picks that cite a tick which the log knows to be another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.domain.question import State
from server.store import decisions, question_rows, rebuilding
from server.store.decisions import Decision, Group
from server.store.question_rows import Question
from server.store.rebuilding import EmptiedAgain
from server.translog import leaf
from server.translog.leaf import LeafError

# An intake by name: position and body, None where that is just what became the log's leaf.
Held = dict[str, tuple[str, str | None]]
ERASES = '"t":"q.erase"'
DECISION = re.compile(r"d:([A-Za-z0-9_-]+):[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a question stood before the log's next act on it: `into` and `was` where it was merged."""

    state: State
    into: str | None
    was: State


@dataclass(slots=True)
class Overruling:
    """`held` is the meeting's intake; `logged` tells a name that is a leaf's;
    `by` who decided last on each question, as the leaves that were played tell."""

    redis: Redis
    meeting: str
    held: Held
    logged: Callable[[str], bool]
    by: dict[str, str] = field(default_factory=dict)
    _of: dict[str, list[str]] = field(init=False)
    _into: dict[str, list[str]] = field(init=False)
    _citing: dict[int, list[str]] = field(init=False)
    _erasing: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of, self._into, self._citing = defaultdict(list), defaultdict(list), defaultdict(list)
        for name, (_, body) in self.held.items():
            match = DECISION.fullmatch(name)
            if match is None:
                continue
            self._of[match[1]].append(name)
            if body and ('"q.merge"' in body or '"q.pick"' in body) and not self.logged(name):
                self._index(name, body)

    def _index(self, name: str, body: str) -> None:
        try:
            told = leaf.read_intent(body)
        except LeafError:
            return  # it becomes no leaf
        if told.get("t") == "q.merge":
            self._into[str(told.get("into"))].append(name)
        elif told.get("t") == "q.pick" and isinstance(tick := told.get("tick"), int):
            self._citing[tick].append(name)

    async def put_back(
        self, q: str, stood: Stood, revision: int | None, at: int, erases: bool
    ) -> None:
        """Put a question back to where it stood, on this revision (None: on its own); what was decided on it
        since gives way. Killed anywhere and begun again, it ends the same."""
        row = await self._row(q)
        stale = self._stale(q, revision)
        for name in self._into.pop(q, []):
            await self._unmerge(name, q, at)
        if row.head and row.head != stood.into:
            await self._part(row, row.head, at)
        wanted = row.revision if revision is None else revision
        if stale or (row.revision, row.state) != (wanted, stood.state):
            back = self._back(q, stood.state, wanted, at)
            await rebuilding.place(self.redis, back, erases, stale)
        if stood.state is State.MERGED and stood.into is not None:
            head = await self._group(stood.into)
            if q not in head.members:
                back = self._back(q, stood.state, wanted, at)
                await rebuilding.join(self.redis, back, head, stood.was)

    def has_other(self, q: str) -> bool:
        """True where the store decided on a question what the log does not hold."""
        return bool(self._others(q, None))

    def _others(self, q: str, revision: int | None) -> list[str]:
        """Names of decisions on a question that the log does not hold, or that follow this revision."""
        ours = [name for name in self._of.get(q, ()) if name in self.held]
        later = {n for n in ours if revision is not None and int(n.rpartition(":")[2]) > revision}
        return [name for name in ours if name in later or not self.logged(name)]

    def _stale(self, q: str, revision: int | None) -> list[str]:
        """Their positions in the intake; they are held no more. An erasure is not undone: it comes later."""
        stale = []
        for position, body in [self.held.pop(name) for name in self._others(q, revision)]:
            if body and ERASES in body:
                self._erasing[q] = (position, body)
            else:
                stale.append(position)
        return stale

    async def erase_again(self, erased: Callable[[str], bool], at: int) -> None:
        """Put what was erased on the copy behind the log's acts; `erased` tells what the log erased."""
        for q, (position, body) in self._erasing.items():
            row, told = await self._row(q), {**leaf.read_intent(body)}
            fields = {n: v for n, v in told.items() if n not in ("t", "v", "revision")}
            intent = leaf.intent("q.erase", **fields, revision=row.revision)
            again = None if erased(q) else intent
            await rebuilding.erased(self.redis, self.meeting, q, again, at, position)

    async def _unmerge(self, name: str, head: str, at: int) -> None:
        """Undo a merge into a head of which the store had forgotten an act, where it is the last that
        happened to its question."""
        q, revision = name.removeprefix("d:").rpartition(":")[0], int(name.rpartition(":")[2])
        row = await self._row(q)
        if name not in self.held or row.state is not State.MERGED or row.revision != revision:
            return
        await self._part(row, head, at)
        back = self._back(q, row.was or State.LISTED, revision - 1, at)
        await rebuilding.place(self.redis, back, False, [self.held.pop(name)[0]])

    async def undo_picks(self, tick: int, at: int) -> None:
        """Undo what the store put on air at this tick or a later one, where the log's tick of this number or
        pick at it is another: one question is on air, with a rank of a tick of the log. Words that were
        erased since stay so."""
        for name in [one for n, names in self._citing.items() if n >= tick for one in names]:
            q, revision = name.removeprefix("d:").rpartition(":")[0], int(name.rpartition(":")[2])
            row = await self._row(q)
            if name in self.held and not row.erased:
                stale = self._stale(q, revision - 1)
                back = self._back(q, State.LISTED, revision - 1, at, tick="", rank="")
                await rebuilding.place(self.redis, back, False, stale)

    async def _part(self, row: Question, head: str, at: int) -> None:
        back = self._back(row.q, row.state, row.revision, at)
        await rebuilding.part(self.redis, back, await self._group(head))

    def _back(self, q: str, state: State, revision: int, at: int, **more: str) -> Decision:
        fields = {"by": self.by.get(q, ""), **more}
        return Decision(self.meeting, q, revision, state, "", at, leaves_line=False, fields=fields)

    async def _group(self, q: str) -> Group:
        head = await self._row(q)
        return Group(q, head.revision, await decisions.members(self.redis, self.meeting, q))

    async def _row(self, q: str) -> Question:
        row = await question_rows.read_one(self.redis, self.meeting, q)
        if row is None:
            raise EmptiedAgain(self.meeting)
        return row
