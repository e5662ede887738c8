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
from workers.sequencer.overruling import Held, Overruling, Stood

log = structlog.get_logger()
# Acts after which a question's row still names who decided before.
KEEPS_DECIDER = frozenset({"q.received", "q.appeal", "q.erase"})


@dataclass(slots=True)
class Replaying:
    """One meeting on its way back. `held` is its intake; `frozen` the tallies of ticks that the store has;
    `overruling` makes decisions of `held` give way."""

    redis: Redis
    meeting: str
    folder: Path
    head: str
    secret: bytes
    record: Record
    held: Held
    overruling: Overruling
    frozen: Mapping[int, str]
    sentences: Mapping[str, str] = field(default_factory=dict)
    acts: int = 0
    meeting_revision: int = 0
    staff_revision: int = 0
    tick: int = 0

    async def take(self, index: int, name: str, data: bytes, there: bool) -> Leaf:
        """Play the next leaf; do its act again where it is not `there`."""
        found = leaf.parse(data)
        stood = self._stands(found.q or "")
        for _ in self.record.take(found):
            pass  # the auditor's to say
        kind, _, revision = name.partition(":")
        if kind == "m":
            self.meeting_revision = int(revision)
        elif kind == "s":
            self.staff_revision = int(revision)
        elif kind == "v":
            self.tick = int(revision)
        if not there:
            await self._do(index, name, found, stood, data)
        if found.q is not None and found.kind not in KEEPS_DECIDER:
            self.overruling.by[found.q] = replayed.decider(found)
        return found

    async def _do(self, index: int, name: str, found: Leaf, stood: Stood, data: bytes) -> None:
        if found.kind == "q.received":
            await self._dropped(name, found, data)
            await self._submission(index, found)
        elif found.q is not None:
            await self._decision(name, found, stood, data)
        elif name not in self.held or await self._dropped(name, found, data):
            await self._act(index, found)

    def _stands(self, q: str) -> Stood:
        """Where the leaves that were played leave a question."""
        known = self.record.questions.get(q)
        if known is None:
            return Stood(State.RECEIVED, None, State.RECEIVED)
        into = known.into if known.state is State.MERGED else None
        return Stood(known.state, into, known.was)

    def is_other(self, name: str, found: Leaf, data: bytes) -> bool:
        """True where another act than the log's is held under this name."""
        _, body = self.held.get(name, ("", None))
        return body is not None and replayed.is_other(body, found, data, self.frozen)

    def _stale(self, name: str) -> list[str]:
        """Positions of this act of the intake and of those that build on it, which are held no more."""
        of, _, revision = name.rpartition(":")
        after = [name]
        if of in ("m", "v"):
            alike = [held for held in self.held if held.startswith(f"{of}:") and held != name]
            after += [held for held in alike if int(held.rpartition(":")[2]) > int(revision)]
        return [self.held.pop(one)[0] for one in after]

    async def _dropped(self, name: str, found: Leaf, data: bytes) -> bool:
        """True where another act than the log's was held under this name: it is dropped."""
        if not self.is_other(name, found, data):
            return False
        if found.kind == "v.tick":
            await self.overruling.undo_picks(self.tick, found.at * 1000)
        await rebuilding.drop(self.redis, self.meeting, name, self._stale(name))
        return True

    async def _act(self, index: int, found: Leaf) -> None:
        settings, at, tick = found.kind in ("log.open", "m.phase", "m.rule"), found.at * 1000, None
        if found.kind == "v.tick":
            held, _ = kept_words.tallies(self.folder, self.tick, at)
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

    async def _decision(self, name: str, found: Leaf, stood: Stood, data: bytes) -> None:
        if name in self.held and not self.is_other(name, found, data):
            return
        q, revision, at = str(found.q), int(name.rpartition(":")[2]) - 1, found.at * 1000
        erases = found.kind == "q.erase"
        if found.kind == "q.pick":
            await self.overruling.undo_picks(int(str(found.fields["tick"])), at)
        await self.overruling.put_back(q, stood, revision, at, erases)
        if erases:
            basis = str(found.fields["basis"])
            told = replayed.intent(found, revision)
            await erasing.erase(self.redis, self.meeting, q, revision, basis, told, at, "", True)
        else:
            await self._decide(q, revision, found, stood)
        self.acts += 1

    async def _decide(self, q: str, revision: int, found: Leaf, stood: Stood) -> None:
        openings: dict[str, str] = {}
        words = {c: await self._words(c, found, openings) for c in _commitments(found)}
        state = self.record.questions[q].state
        decision = Decision(
            meeting=self.meeting,
            q=q,
            revision=revision,
            state=state,
            intent=replayed.intent(found, revision),
            at=found.at * 1000,
            closing=True,
            rebuilds=True,
            leaves_line=state is not State.LISTED or found.kind == "q.skip",
            fields=replayed.decided(
                found, stood.state, lambda c: words.get(str(c), ""), self._sentence, self._number
            ),
            openings=openings,
        )
        if found.kind in ("q.merge", "q.split"):
            into = str(found.fields.get("into") or stood.into)
            answer = await self._regroup(decision, into, found.kind)
        else:
            answer = await decisions.commit(self.redis, decision)
        if answer != "committed":
            why = f"{found.kind} of question {self.record.questions[q].number}: {answer}"
            log.error("act_not_rebuilt", meeting=self.meeting, reason=why)

    async def _regroup(self, decision: Decision, into: str, kind: str) -> str:
        if self.overruling.has_other(into):
            await self.overruling.put_back(into, self._stands(into), None, decision.at, False)
        head = await question_rows.read_one(self.redis, self.meeting, into)
        if head is None:
            return "unknown"
        members = await decisions.members(self.redis, self.meeting, into)
        group = Group(into, head.revision, members)
        act = decisions.merge if kind == "q.merge" else decisions.split
        return await act(self.redis, decision, group)

    async def _words(self, commitment: str, found: Leaf, openings: dict[str, str]) -> str:
        kept = kept_words.opening(self.folder, commitment, commitment)
        if kept is None:
            told = await typed.hget(self.redis, keys.openings(self.meeting), commitment)
            return str(leaf.read_intent(told)["text"]) if told else ""
        salt, opened = kept
        text = opened["text"]
        openings[commitment] = replayed.kept_opening(opened["kind"], salt, found.q, text)
        return str(text)

    def _sentence(self, code: Json) -> str:
        return self.sentences.get(str(code), SKIP_REASONS.get(str(code), ""))

    def _number(self, q: Json) -> int | None:
        known = self.record.questions.get(str(q))
        return known.number if known else None


def _commitments(found: Leaf) -> list[str]:
    return [str(c) for name in ("note", "c2") if (c := found.fields.get(name)) is not None]
