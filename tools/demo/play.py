"""The demo at work: people ask and vote, three moderators decide side by side, the stage goes on.

Whoever looks on with a printed link may act too: what a visitor did first is told as refused, and
nothing here waits for it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from tools.demo.hall import Hall
from tools.demo.script import Line, Script
from tools.replay.asking import new_id
from tools.replay.door import Turned
from tools.replay.http import Body

HINT = "Please say which site and which shift you mean, and ask again."
WORDED = "When will the heating in hall 4 be repaired, and who pays for it?"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two acts of each kind; how many ask side by side."""

    ask: float
    decide: float
    vote: float
    stage: float
    live_after: int  # questions decided before the meeting goes live
    askers: int = 1


CALM = Pace(ask=0.25, decide=0.5, vote=1.0, stage=12.0, live_after=40)
FAST = Pace(ask=0.05, decide=0.04, vote=0.25, stage=0.6, live_after=60, askers=6)


@dataclass(slots=True)
class Play:
    """One run. `told` counts what happened, by kind; refusals among them are part of the play."""

    hall: Hall
    script: Script
    pace: Pace
    random: random.Random = field(default_factory=lambda: random.Random(7))
    told: Counter[str] = field(default_factory=Counter)
    asked: dict[str, tuple[Line, str]] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    decided: int = 0
    all_asked: bool = False
    _votes: int = 0

    async def ask_all(self) -> None:
        """Everybody asks, each question by somebody else as far as there are people."""
        people, room = self.hall.attendees, asyncio.Semaphore(self.pace.askers)

        async def one(at: int, line: Line) -> None:
            async with room:
                await self._ask(at, line, people[at % len(people)])
                await asyncio.sleep(self.pace.ask)

        await asyncio.gather(*(one(at, line) for at, line in enumerate(self.script.lines)))
        self.all_asked = True

    async def _ask(self, at: int, line: Line, asker: str) -> None:
        q = new_id()
        self.asked[q] = (line, asker)
        body: Body = {"q": q, "text": line.text, "lang": line.lang}
        if at % 9 == 0:
            body["name"] = f"Team {1 + at // 9}"
        try:
            await self.hall.call(asker, "questions", body)
            self.told["asked"] += 1
        except Turned as turned:
            self.told[f"refused: {turned.code}"] += 1

    async def moderate(self, token: str) -> None:
        """Take any of the oldest that wait and decide; a colleague may be quicker, and that is told."""
        while self.decided < len(self.script.lines):
            rows = await self._waiting(token)
            if not rows and self.all_asked and await self._none_on_the_way(token):
                return
            if rows:
                # Each begins at another end of the queue, so that they meet only now and then.
                turn = self.hall.moderators.index(token) * len(rows) // len(self.hall.moderators)
                try:
                    await self._decide(token, rows[turn])
                except Turned as turned:
                    self.told[f"refused: {turned.code}"] += 1
            await asyncio.sleep(self.pace.decide * self.random.uniform(0.5, 1.5))

    async def _waiting(self, token: str) -> list[Any]:
        try:
            found = await self.hall.call(token, "waiting")
        except Turned as turned:
            self.told[f"refused: {turned.code}"] += 1
            return []
        return [row for row in cast("list[Any]", found["questions"]) if row["q"] in self.asked]

    async def _none_on_the_way(self, token: str) -> bool:
        """True when none of ours waits, one without its number yet included."""
        try:
            desk = cast("dict[str, Any]", await self.hall.call(token, "desk"))
        except Turned:
            return True
        waiting = [row for row in desk["questions"] if row["state"] == "received"]
        ours = [row for row in waiting if row["q"] in self.asked]
        return not ours and desk["counts"]["waiting"] == len(waiting)

    async def _decide(self, token: str, row: Body) -> None:
        line, asker = self.asked[str(row["q"])]
        at, revision = f"questions/{row['q']}", row["revision"]
        number = cast(int, row["number"])
        if line.screen:
            body: Body = {"revision": revision, "reason": line.screen, "note": line.note}
            await self.hall.call(token, f"{at}/screen", body)
            self._count("screened out")
            if line.appeal:
                await self._appeal(token, asker, at, line)
        elif line.text.startswith("Are there plans to sell"):
            await self.hall.call(token, f"{at}/send-back", {"revision": revision, "hint": HINT})
            self._count("sent back")
        elif line.subject and self.heads.setdefault(line.subject, number) != number:
            into: Body = {"revision": revision, "into": self.heads[line.subject]}
            try:
                await self.hall.call(token, f"{at}/merge", into)
                self._count("merged")
            except Turned as turned:
                if (
                    turned.code == "illegal"
                ):  # its head was answered: those who come later begin anew
                    self.heads[line.subject] = number
                raise
        else:
            listed = await self.hall.call(token, f"{at}/list", {"revision": revision})
            self._count("listed")
            if line.subject == "hall4":
                words: Body = {"revision": listed["revision"], "wording": WORDED}
                with suppress(Turned):  # a copy was merged into it in this instant
                    await self.hall.call(token, f"{at}/word", words)

    def _count(self, kind: str) -> None:
        self.told[kind] += 1
        self.decided += 1

    async def _appeal(self, token: str, asker: str, at: str, line: Line) -> None:
        out = await self.hall.call(asker, f"{at}/appeal", {"why": line.appeal})
        judge = next(other for other in self.hall.moderators if other != token)
        overturn = "service desk" in line.appeal
        await self.hall.call(
            judge, f"{at}/judge", {"revision": out["revision"], "overturn": overturn}
        )
        self.told["appeals"] += 1

    async def vote(self) -> None:
        """Votes every second, more for what is wanted already, as it happens in halls."""
        while True:
            with suppress(Turned):
                board = await self.hall.call(self.hall.attendees[0], "questions?order=wanted")
                await self._vote_for(
                    [r for r in cast("list[Any]", board["questions"]) if r["state"] == "listed"]
                )
            await asyncio.sleep(self.pace.vote)

    async def _vote_for(self, rows: list[Any]) -> None:
        for _ in range(min(len(rows), 6)):
            row = rows[min(int(self.random.expovariate(0.12)), len(rows) - 1)]
            voter = self.random.choice(self.hall.attendees)
            self._votes += 1
            counter = time.time_ns() // 1_000_000 * 100 + self._votes % 100
            on = self.random.random() < 0.95
            wish: Body = {"n": row["n"], "on": on, "c": counter, "d": "demo"}
            with suppress(Turned):  # one's own question, or one that was just decided
                await self.hall.call(voter, "votes", wish)
                self.told["votes"] += 1

    async def stage(self, rounds: int | None) -> None:
        """Line the most wanted up, put them on air, answer, skip one, return one; `None` = for ever."""
        started, turn = time.monotonic(), 0
        while rounds is None or turn < rounds:
            turn += 1
            with suppress(Turned):
                line = await self.hall.call(self.hall.host, "line")
                if line["on_air"]:  # a copy was merged into it just as the host pressed
                    await self._end(turn, int(time.monotonic() - started))
                await self._line_up()
                await self.hall.call(self.hall.host, "line/next", {})
                self.told["on air"] += 1
                await asyncio.sleep(self.pace.stage)
                await self._end(turn, int(time.monotonic() - started))
            await asyncio.sleep(self.pace.stage / 4)

    async def _line_up(self) -> None:
        line = await self.hall.call(self.hall.host, "line")
        standing = [row["number"] for row in cast("list[Any]", line["next"])]
        board = await self.hall.call(self.hall.attendees[0], "questions?order=wanted")
        wanted = [
            row["n"] for row in cast("list[Any]", board["questions"]) if row["state"] == "listed"
        ]
        order = (standing + [n for n in wanted if n not in standing])[:4]
        body: Body = {"revision": line["revision"], "numbers": order}
        await self.hall.call(self.hall.moderators[0], "line", body)

    async def _end(self, turn: int, seconds: int) -> None:
        line = await self.hall.call(self.hall.host, "line")
        on_air = cast("dict[str, Any] | None", line["on_air"])
        if on_air is None:
            return  # another host was quicker
        at, revision = f"questions/{on_air['q']}", on_air["revision"]
        if turn % 5 == 4:
            await self.hall.call(self.hall.host, f"{at}/return", {"revision": revision})
            self.told["returned"] += 1
        elif turn % 5 == 2:
            await self.hall.call(
                self.hall.host, f"{at}/skip", {"revision": revision, "reason": "no-time"}
            )
            self.told["skipped"] += 1
        else:
            await self.hall.call(
                self.hall.host, f"{at}/answer", {"revision": revision, "stream_s": seconds}
            )
            self.told["answered"] += 1

    async def answer_in_writing(self) -> None:
        """One answer is given by a moderator in writing."""
        try:
            board = await self.hall.call(self.hall.attendees[0], "questions?order=newest")
        except Turned:
            return
        listed = [r for r in cast("list[Any]", board["questions"]) if r["state"] == "listed"]
        texts = {line.text: q for q, (line, _) in self.asked.items()}
        found = texts.get(listed[0]["text"]) if listed else None
        if found is None:
            return
        words = "Yes. The date and the place stand on the notice board of each site."
        for revision in (2, 3, 4):  # listed, perhaps reworded or merged into since
            with suppress(Turned):
                body: Body = {"revision": revision, "text": words}
                await self.hall.call(self.hall.moderators[1], f"questions/{found}/answer", body)
                self.told["answered in writing"] += 1
                return
