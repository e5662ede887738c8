"""What the connections of one process share: boards, batcher, listeners, each person's budgets."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import admission
from server.acts.vote import OwnVotes, own_votes_of
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.networks import Networks
from server.live.together import Together
from server.protocol.inbound import Seen
from server.session.budget import Budget
from server.session.effects import CastVote
from server.store import votes

PEOPLE_KEPT = 200_000
EXPOSURE_EVERY_S = 10
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits per person and network (settings.md)."""

    votes_per_s: float
    vote_burst: int
    sockets_per_voter: int
    tick_ms: int
    hello_s: float = 10.0
    network_per_min: int = 6_000


class Present(Protocol):
    """A connection of somebody who may vote."""

    def stands(self, r: int, vote: CastVote, raised: int, votes: int, at: str) -> None:
        """What they cast is counted, and raised one of their counters by `raised`: over another connection
        where `r` is 0."""

    def look(self, seen: Seen) -> None:
        """They saw what another door of theirs was told of."""

    def behind(self, counters: Sequence[int]) -> bool:
        """True when, by the highest counter of each of their device slots, they cast something
        that this connection does not know of."""

    async def tell_own(self) -> None:
        """Tell all their votes as they stand."""


class Node:
    """One server process's live state. Owns every task that a connection needs."""

    def __init__(
        self,
        store: Redis,
        boards: Boards,
        batcher: Batcher,
        secret: bytes,
        pace: Pace,
        clock: Callable[[], int],
        networks: Networks | None = None,
    ) -> None:
        self.networks = networks or Networks()
        self.store = store
        self.boards = boards
        self.batcher = batcher
        self.secret = secret
        self.pace = pace
        self.clock = clock
        self._people: dict[tuple[str, int], tuple[Present, ...]] = {}
        self._under_way: dict[tuple[str, int], int] = {}  # no Counter: each vote pays for it
        self._budgets: OrderedDict[tuple[str, int], Budget] = OrderedDict()
        self._exposure: dict[str, Counter[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # What those who come in are asked about, together: their votes by voter, and whether their
        # sign-ins stand.
        self.own = Together[int, OwnVotes](self._own_votes, self.start)
        self.standing = Together[str, bool](self._standing, self.start)

    def budget(self, meeting: str, voter: int) -> Budget:
        """The vote budget that all of one person's connections to this process share."""
        key = (meeting, voter)
        found = self._budgets.get(key)
        if found is None:
            found = Budget(self.pace.votes_per_s, self.pace.vote_burst, self.clock())
            self._budgets[key] = found
            if len(self._budgets) > PEOPLE_KEPT:
                self._budgets.popitem(last=False)
        return found

    def enter(self, meeting: str, voter: int, one: Present) -> bool:
        """A connection of this person begins; False when they have as many as they may."""
        there = self._people.get((meeting, voter), ())
        if len(there) >= self.pace.sockets_per_voter:
            return False
        self._people[meeting, voter] = (*there, one)
        return True

    def left(self, meeting: str, voter: int, one: Present) -> None:
        """One connection of this person is gone; nothing is kept of who has none."""
        there = tuple(other for other in self._people[meeting, voter] if other is not one)
        if there:
            self._people[meeting, voter] = there
        else:
            del self._people[meeting, voter]

    def others(self, meeting: str, voter: int, one: object) -> Sequence[Present]:
        """This person's connections to this process but `one`."""
        there = self._people.get((meeting, voter), ())
        if len(there) == 1 and there[0] is one:
            return ()  # nearly everybody
        return [other for other in there if other is not one]

    def took(self, meeting: str, voter: int) -> None:
        """A vote of theirs is on its way to the store."""
        who = meeting, voter
        self._under_way[who] = self._under_way.get(who, 0) + 1

    def answered(self, meeting: str, voter: int) -> None:
        """One vote that was on its way has its answer."""
        who = meeting, voter
        left = self._under_way.pop(who) - 1
        if left:
            self._under_way[who] = left

    def waits(self, meeting: str, voter: int) -> bool:
        """A vote of theirs may be counted already and has no answer yet."""
        return (meeting, voter) in self._under_way

    def present(self, meeting: str, voter: int) -> Sequence[Present]:
        """This person's connections to this process."""
        return self._people.get((meeting, voter), ())

    def voters(self) -> Iterable[tuple[str, int]]:
        """Who has a connection to this process, by meeting and voter."""
        return tuple(self._people)

    @property
    def people(self) -> int:
        """How many people have a connection that may vote."""
        return len(self._people)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Run a connection's short piece of work; the node keeps hold of it until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("connection_work_failed", exc_info=task.exception())

    async def _own_votes(self, meeting: str, people: list[int]) -> list[OwnVotes]:
        return await own_votes_of(self.store, meeting, people, self.boards.ids(meeting))

    async def _standing(self, meeting: str, sign_ins: list[str]) -> list[bool]:
        standing = await admission.standing(self.store, meeting, set(sign_ins))
        return [one in standing for one in sign_ins]

    def expose(self, meeting: str, numbers: frozenset[int]) -> None:
        """Count one look at each number; told to the store every few seconds."""
        self._exposure.setdefault(meeting, Counter()).update(numbers)

    async def tell_exposure(self) -> None:
        """Carry looks to the store until cancelled. A look is worth nothing: a failure drops some."""
        while True:
            await asyncio.sleep(EXPOSURE_EVERY_S)
            told, self._exposure = self._exposure, {}
            for meeting, looks in told.items():
                try:
                    await votes.count_exposure(self.store, meeting, looks)
                except RedisError as error:
                    log.warning("exposure_dropped", error=type(error).__name__)
