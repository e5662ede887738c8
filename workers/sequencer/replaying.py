"""One meeting on its way back: each leaf played again, and its act done where the store lacks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from redis.asyncio import Redis

from server.audit.record import Record
from server.domain.ids import digest, fate_capability
from server.domain.question import State
from server.domain.screening import SKIP_REASONS
from server.domain.text import direction
from server.store import decisions, erasing, keys, question_rows, rebuilding, typed
from server.store.decisions import Decision, Group
from server.store.rebuilding import Submission
from server.translog import leaf
from server.translog.leaf import Leaf
from server.translog.strict import Json
from workers.sequencer import kept_words, replayed

log = structlog.get_logger()


@dataclass(slots=True)
class Replaying:
    """One meeting on its way back. `held` is its intake: position and body by name."""

    redis: Redis
    meeting: str
    folder: Path
    head: str
    secret: bytes
    record: Record
    held: Mapping[str, tuple[str, str]]
    sentences: Mapping[str, str] = field(default_factory=dict)
    acts: int = 0
    lost: list[int] = field(default_factory=list)
    overruled: set[str] = field(default_factory=set)
    meeting_revision: int = 0
    staff_revision: int = 0
    tick: int = 0
    ranking: list[tuple[str, int]] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)

    async def take(self, index: int, name: str, data: bytes, there: bool) -> None:
        """Play the next leaf; do its act again where it is not `there`."""
        found = leaf.parse(data)
        known = self.record.questions.get(found.q or "")
        before = known.state if known else State.RECEIVED
        for _ in self.record.take(found):
            pass  # the auditor's to say
        kind, _, revision = name.partition(":")
        if kind == "m":
            self.meeting_revision = int(revision)
        elif kind == "s":
            self.staff_revision = int(revision)
        if there:
            return
        if found.kind == "q.received":
            await self._submission(index, found)
        elif found.q is not None:
            await self._decision(name, found, before, data)
        elif name not in self.held:
            await self._act(index, found)

    async def _act(self, index: int, found: Leaf) -> None:
        settings, at, tick = found.kind in ("log.open", "m.phase", "m.rule"), found.at * 1000, None
        if found.kind == "v.tick":
            self.tick = int(str(found.fields["n"]))
            held, self.ranking = kept_words.tallies(self.folder, self.tick, at)
            tick = (self.tick, held)
        told = replayed.intent(found)
        done = await rebuilding.act(self.redis, self.meeting, index, told, at, settings, tick)
        self.acts += done

    async def _submission(self, index: int, found: Leaf) -> None:
        q, number = str(found.q), self.record.questions[str(found.q)].number
        after = self.record.questions.get(str(found.fields["after"]))
        row = replayed.row(found, number, index, after.number if after else None, self.head)
        kept = kept_words.opening(self.folder, q, row["c"])
        if kept is not None:
            salt, opened = kept
            text = str(opened["text"])
            row |= {"salt": salt, "text": text, "lang": str(opened["lang"]), "lost": ""}
            row |= {"name": replayed.told(opened["as"]), "dir": direction(text)}
        fate = fate_capability(self.secret, self.meeting, q) if self.secret else ""
        one = Submission(
            q, number, found.at * 1000, replayed.intent(found), row, digest(fate) if fate else ""
        )
        if await rebuilding.question(self.redis, self.meeting, one):
            self.acts += 1
            if kept is None:
                self.lost.append(number)

    async def _decision(self, name: str, found: Leaf, before: State, data: bytes) -> None:
        q, revision = str(found.q), int(name.rpartition(":")[2]) - 1
        row = await question_rows.read_one(self.redis, self.meeting, q)
        if row is None:
            raise AssertionError("a question that was decided on was received")
        if name in self.held:
            if replayed.is_other(self.held[name][1], found, data):
                self.overruled.add(q)  # decided on a store that had forgotten this act
            elif q not in self.overruled:
                return
        elif row.revision > revision and q not in self.overruled:
            return
        if (row.revision, row.state) != (revision, before):
            await rebuilding.place(self.redis, self.meeting, q, before, revision)
        if found.kind == "q.erase":
            basis = str(found.fields["basis"])
            told = replayed.intent(found, revision)
            at = found.at * 1000
            await erasing.erase(self.redis, self.meeting, q, revision, basis, told, at, "")
        else:
            await self._decide(q, revision, found, before)
        self.acts += 1

    async def _decide(self, q: str, revision: int, found: Leaf, before: State) -> None:
        words = {c: await self._words(c, found) for c in _commitments(found)}
        state = self.record.questions[q].state
        decision = Decision(
            meeting=self.meeting,
            q=q,
            revision=revision,
            state=state,
            intent=replayed.intent(found, revision),
            at=found.at * 1000,
            closing=True,
            leaves_line=state is not State.LISTED or found.kind == "q.skip",
            fields=replayed.decided(
                found, before, lambda c: words.get(str(c), ""), self._sentence, self._number
            ),
        )
        if found.kind in ("q.merge", "q.split"):
            row = await question_rows.read_one(self.redis, self.meeting, q)
            into = found.fields.get("into") or (row.head if row else None)
            answer = await self._regroup(decision, str(into), found.kind)
        else:
            answer = await decisions.commit(self.redis, decision)
        if answer != "committed":
            why = f"{found.kind} of question {self.record.questions[q].number}: {answer}"
            log.error("act_not_rebuilt", meeting=self.meeting, reason=why)

    async def _regroup(self, decision: Decision, into: str, kind: str) -> str:
        head = await question_rows.read_one(self.redis, self.meeting, into)
        if head is None:
            return "unknown"
        members = await decisions.members(self.redis, self.meeting, into)
        group = Group(into, head.revision, members)
        act = decisions.merge if kind == "q.merge" else decisions.split
        return await act(self.redis, decision, group)

    async def _words(self, commitment: str, found: Leaf) -> str:
        kept = kept_words.opening(self.folder, commitment, commitment)
        if kept is None:
            told = await typed.hget(self.redis, keys.openings(self.meeting), commitment)
            return str(leaf.read_intent(told)["text"]) if told else ""
        salt, opened = kept
        text = opened["text"]
        self.opened[commitment] = replayed.kept_opening(opened["kind"], salt, found.q, text)
        return str(text)

    def _sentence(self, code: Json) -> str:
        return self.sentences.get(str(code), SKIP_REASONS.get(str(code), ""))

    def _number(self, q: Json) -> int | None:
        known = self.record.questions.get(str(q))
        return known.number if known else None


def _commitments(found: Leaf) -> list[str]:
    return [str(c) for name in ("note", "c2") if (c := found.fields.get(name)) is not None]
