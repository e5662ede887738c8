"""People who ask and vote through the real doors, and a ledger outside the system: all that they were
told is kept, to be held against what is there afterwards."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.launch.running import get
from tools.replay.asking import Asking, new_id
from tools.replay.attendee import Attendee
from tools.replay.door import Door, rows, text
from tools.replay.http import JsonClient
from tools.replay.recording import Item, Recording
from tools.replay.stage import Stage, set_up

PEOPLE, QUESTIONS = 24, 6
VOTE_EVERY_S, ASK_EVERY_S = 0.21, 0.4  # below the limits: what is refused would test nothing
BOARD_S = 90.0
LINES = 16


@dataclass(slots=True)
class Ledger:
    """What was acknowledged: the last wish of each person for each number, questions with their
    numbers, proofs by question, and when."""

    wishes: dict[str, dict[int, bool]] = field(default_factory=dict)
    asked: dict[str, dict[str, int | None]] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    told: int = 0
    silence_s: float = 0.0  # the longest time in which nobody was told anything
    _heard: float = field(default_factory=time.monotonic)

    def heard(self) -> None:
        """Something was acknowledged just now."""
        now = time.monotonic()
        self.told += 1
        self.silence_s, self._heard = max(self.silence_s, now - self._heard), now


@dataclass(slots=True)
class Crowd:
    """A live meeting with listed questions, voters on sockets, askers over the API."""

    url: str
    door: Door
    stage: Stage
    numbers: list[int]
    ledger: Ledger = field(default_factory=Ledger)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def vote(self, name: str, attendee: Attendee) -> None:
        """One person's wishes, one after the other, each until it is acknowledged."""
        choose, kept = random.Random(name), self.ledger.wishes.setdefault(name, {})
        while not self.leaving.is_set():
            n, on = choose.choice(self.numbers), choose.random() < 0.7
            fate = await attendee.vote(n, on)
            if fate.code != "own_question":
                assert not fate.code, fate
                kept[n] = on
                self.ledger.heard()
            await asyncio.sleep(VOTE_EVERY_S)

    async def ask(self, name: str, attendee: Attendee) -> None:
        """One person's questions, each until it is acknowledged, and their proofs."""
        kept = self.ledger.asked.setdefault(name, {})
        while not self.leaving.is_set():
            q = new_id()
            body: dict[str, object] = {"q": q, "text": f"Is this number {len(kept) + 1} of {name}?"}
            where = self.stage.path("questions")
            told = await self.door.call("POST", where, token=attendee.token, body=body)
            number = told["number"]
            kept[q] = number if isinstance(number, int) else None
            self.ledger.heard()
            status, proof = await asyncio.to_thread(get, self.url, text(told, "receipt"))
            if status == 200:
                self.ledger.receipts[q] = proof
            await asyncio.sleep(ASK_EVERY_S)

    async def judge(self) -> str:
        """Everything acknowledged is there, once. Fails in words, or says what was counted."""
        totals: Counter[int] = Counter()
        for name, attendee in self.stage.attendees.items():
            told = await self.door.call("GET", self.stage.path("votes"), token=attendee.token)
            found, kept = told["votes"], self.ledger.wishes.get(name, {})
            assert isinstance(found, list)
            assert sorted(found) == sorted(n for n, on in kept.items() if on), name
            totals.update(found)
            await self._judge_questions(name, attendee)
        await self.judge_board({n: totals[n] for n in self.numbers})
        return (
            f"{self.ledger.told} acknowledged, {len(self.ledger.receipts)} with a proof, 0 lost,"
            f" 0 doubled, longest silence {self.ledger.silence_s:.1f} s"
        )

    async def judge_board(self, expected: dict[int, int], door: Door | None = None) -> None:
        """The board follows the store by a tick."""
        where, end, shown = self.stage.path("questions"), time.monotonic() + BOARD_S, None
        while shown != expected and time.monotonic() < end:
            board = await (door or self.door).call("GET", where, token=self.stage.moderator)
            shown = {int(str(row["n"])): int(str(row["votes"])) for row in rows(board)}
        assert shown == expected, f"{shown} instead of {expected}"

    async def judge_boards(self, expected: dict[int, int]) -> None:
        """The same of every server: of so many connections each has some."""
        doors = [Door(JsonClient(self.url, lines=1)) for _ in range(LINES)]
        await asyncio.gather(*(self.judge_board(expected, door) for door in doors))
        for door in doors:
            door.http.close()

    async def _judge_questions(self, name: str, attendee: Attendee) -> None:
        kept = self.ledger.asked.get(name, {})
        told = await self.door.call("GET", self.stage.path("mine"), token=attendee.token)
        found = Counter(str(row["q"]) for row in rows(told))
        listed = len(found) - len(kept)
        assert set(kept) <= set(found) and set(found.values()) <= {1} and 0 <= listed <= QUESTIONS
        numbers = {str(row["q"]): row["number"] for row in rows(told)}
        assert {q: numbers[q] for q, number in kept.items() if number is not None} == {
            q: number for q, number in kept.items() if number is not None
        }

    async def leave(self) -> None:
        """Close what is open."""
        for attendee in self.stage.attendees.values():
            await attendee.close()
        self.door.http.close()


async def gathered(url: str, organiser: str, people: int = PEOPLE) -> Crowd:
    """Everybody has joined; a few questions are listed."""
    door = Door(JsonClient(url))
    names = [f"person {n}" for n in range(people)]
    recording = Recording({}, {name: [] for name in names})
    stage = await set_up(door, organiser, recording, lambda: None)
    asking = Asking(door, stage)
    moderating = asyncio.create_task(asking.moderate())
    items = [
        Item(str(n), names[n], 0.0, f"May we vote on this, the {n}th?", "en", True)
        for n in range(QUESTIONS)
    ]
    found = await asyncio.gather(*(asking.ask(item) for item in items))
    moderating.cancel()
    crowd = Crowd(url, door, stage, [n for n in found if n is not None])
    await crowd.judge_boards(dict.fromkeys(crowd.numbers, 0))  # nobody votes on what is not shown
    return crowd
