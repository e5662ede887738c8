"""What a person casts at one server process is told to their devices at others."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from server.acts import admission, vote
from server.acts.admission import SignInToken
from server.acts.limits import Rate
from server.domain.refusals import Refused
from server.live import deeds, measures
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.elsewhere import look, tell_elsewhere
from server.live.node import Node, Pace
from server.protocol import outbound, ticket
from server.protocol.inbound import Seen
from server.serve import live_side
from server.session.effects import CastVote
from server.settings import Settings
from server.store import keys, votes
from server.store.votes import Wish, slot_of
from tests.acts.building import NOW, SECRET, Town, live_town
from tests.live.half import WITHIN_S, Half, dial, greet, hear, live_half, signed
from tests.live.test_conversation import entered
from tests.workers.working import Works

LOOK_S, NEVER_S = 0.05, 3_600.0


async def device(
    opened: AsyncExitStack, store: Redis, town: Town, joined: SignInToken
) -> ClientConnection:
    """A device of this person at a server process of its own."""
    half = await opened.enter_async_context(live_half(store, elsewhere_s=LOOK_S))
    return await device_at(opened, half, town, joined)


async def device_at(
    opened: AsyncExitStack, half: Half, town: Town, joined: SignInToken
) -> ClientConnection:
    """A device of this person at this server process; all have one name, and so one counter slot."""
    socket = await opened.enter_async_context(dial(half.port, town))
    await greet(socket, signed(joined, joined.sign_in.expires_at))
    await hear(socket, "welcome")
    return socket


async def cast(socket: ClientConnection, n: int | None, on: bool, counter: int) -> str:
    """Vote; the place in the stream at which it was counted."""
    await socket.send(json.dumps({"t": "vote", "n": n, "on": on, "c": counter, "r": counter}))
    return str((await hear(socket, "ack"))["at"])


@dataclass
class Tab:
    """A connection that knows of nothing, and counts how often it was told all."""

    counts = measures.SOCKET
    network = b""
    told: int = 0
    acks: list[bytes] = field(default_factory=list)

    def say(self, payload: bytes) -> None: ...

    def refuse(self, r: int | None, refused: Refused, counter: int | None = None) -> None: ...

    def look(self, seen: Seen) -> None: ...

    def stands(self, r: int, vote: CastVote, raised: int, votes: int, at: str) -> None:
        self.acks.append(outbound.ack(r, vote.n, vote.on, votes, at))

    def behind(self, counters: Sequence[int]) -> bool:
        return sum(counters) > 0

    async def tell_own(self) -> None:
        self.told += 1


async def cast_by_form(
    store: Redis, town: Town, joined: SignInToken, n: int | None, counter: int
) -> None:
    """Take a vote back by a plain form, which has no socket at all."""
    pace = Rate(9.0, 9)
    await vote.cast_now(
        store, town.meeting, joined.sign_in, n or 0, False, counter, vote.FORM, pace
    )


async def failures(store: Redis) -> int:
    """How many questions for fields of a hash the store did not answer so far."""
    told = await store.info("commandstats")
    return int(told.get("cmdstat_hmget", {"failed_calls": 0})["failed_calls"])


async def all_own(socket: ClientConnection) -> list[dict[str, object]]:
    """How often and what all own votes were told, until the server answers a ping."""
    await socket.send(json.dumps({"t": "ping"}))
    told: list[dict[str, object]] = []
    async with asyncio.timeout(WITHIN_S):
        while True:
            message = json.loads(await socket.recv())
            if message["t"] == "pong":
                return told
            told += [message] if message["t"] == "own" else []


async def test_what_is_cast_at_one_process_is_told_to_the_same_persons_device_at_another(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = [(await town.listed()).number for _ in range(2)]
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with AsyncExitStack() as opened:
        here, there = [await device(opened, store, town, joined) for _ in range(2)]
        at = await cast(here, one, True, 10)
        assert await hear(there, "own") == {"t": "own", "votes": [one], "own": [], "at": at}
        # Both devices have the same name here, and so the same counters: the higher one is still seen.
        at = await cast(there, two, True, 20)
        told = await hear(here, "own")
        assert (told["votes"], told["at"]) == ([one, two], at)
        await cast_by_form(store, town, joined, one, 30)
        for socket in (here, there):
            assert (await hear(socket, "own"))["votes"] == [two]


async def test_nobody_else_is_told_and_nobody_of_what_they_cast_there_themselves(
    store: Redis,
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with AsyncExitStack() as opened:
        here, there = [await device(opened, store, town, joined) for _ in range(2)]
        half = await opened.enter_async_context(live_half(store, elsewhere_s=LOOK_S))
        stranger = await opened.enter_async_context(dial(half.port, town))
        await entered(stranger, town)
        for turn in range(3):
            await cast(here, n, turn % 2 == 0, 10 + turn)
            await hear(there, "own")  # so their process looked; the others do at the same rate
        assert await all_own(here) == [] and await all_own(stranger) == []


async def test_two_devices_of_one_counter_slot_that_vote_between_two_looks_hear_of_each_other(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = [(await town.listed()).number for _ in range(2)]
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with AsyncExitStack() as opened:
        halves = [
            await opened.enter_async_context(live_half(store, elsewhere_s=NEVER_S))
            for _ in range(2)
        ]
        here, there = [await device_at(opened, half, town, joined) for half in halves]
        await cast(here, one, True, 10)
        await cast(there, two, True, 20)  # its own counter is the highest of the slot now
        for half, socket in zip(halves, (here, there), strict=True):
            looking = asyncio.create_task(tell_elsewhere(half.node, LOOK_S))
            assert (await hear(socket, "own"))["votes"] == [one, two]
            looking.cancel()


async def test_who_has_a_vote_under_way_is_looked_at_the_next_time(store: Redis) -> None:
    town = await live_town(store)
    question = await town.listed()
    who = (await admission.join(store, town.meeting, town.meeting.code, NOW)).sign_in
    voter, n = who.voter or 0, question.number or 0
    await votes.cast(store, who.meeting, [Wish(question.q, voter, True, 10, 0)])
    batcher, tab = Batcher(store, 5, 200, 5_000), Tab()
    node = Node(store, Boards(store), batcher, SECRET, Pace(5, 20, 3, 250), lambda: NOW)
    claims = ticket.TicketClaims(who.meeting, who.role, voter, who.label, "", NOW, NOW, "en")
    assert node.enter(who.meeting, voter, tab)
    deeds.cast(node, tab, claims, CastVote(1, n, question.q, False, 20), 0)
    assert not await look(node, who.meeting, [voter])
    assert tab.told == 0
    counting = asyncio.create_task(batcher.run())
    await batcher.drain(WITHIN_S)
    counting.cancel()
    assert len(tab.acks) == 1
    assert await look(node, who.meeting, [voter])
    assert tab.told == 1


async def test_what_a_device_cast_over_another_connection_here_is_known_and_not_looked_up_again(
    store: Redis,
) -> None:
    """As a page does that is told by a stream and casts by POST, or two pages beside each other."""
    town = await live_town(store)
    n = (await town.listed()).number
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    who, word = joined.sign_in, signed(joined, joined.sign_in.expires_at)
    async with AsyncExitStack() as opened:
        half = await opened.enter_async_context(live_half(store, elsewhere_s=NEVER_S))
        by, told, beside = [
            await opened.enter_async_context(dial(half.port, town)) for _ in range(3)
        ]
        for socket, name in ((by, "abc"), (told, "abc"), (beside, "xyz")):
            await greet(socket, word, name)
            await hear(socket, "welcome")
        assert slot_of("abc") != slot_of("xyz")
        at = await cast(by, n, True, 10)
        assert [(await hear(socket, "ack"))["at"] for socket in (told, beside)] == [at, at]
        await cast(by, n, True, 10)  # a repeat raises nothing
        there = half.node.present(who.meeting, who.voter or 0)
        (counters,) = await votes.counters(store, who.meeting, [who.voter or 0])
        assert [one.behind(counters) for one in there] == [False] * 3
        await cast_by_form(store, town, joined, n, 20)
        (counters,) = await votes.counters(store, who.meeting, [who.voter or 0])
        assert [one.behind(counters) for one in there] == [True] * 3


async def test_a_look_that_the_store_does_not_answer_is_made_again(store: Redis) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with AsyncExitStack() as opened:
        here, there = [await device(opened, store, town, joined) for _ in range(2)]
        await cast(here, n, True, 10)
        assert (await hear(there, "own"))["votes"] == [n]
        held = keys.seen_counters(town.meeting.id)
        await cast(here, n, False, 20)
        await store.rename(held, "kept")
        await store.set(held, "not a hash")
        before = await failures(store)
        await town.listed()  # the stream moves once more, and everybody looks
        async with asyncio.timeout(4 * WITHIN_S):
            while await failures(store) < before + 4:
                await asyncio.sleep(LOOK_S)
        # In one step: a look in between would find nobody's counters.
        await store.rename("kept", held)
        while (await hear(there, "own"))["votes"]:
            pass


async def test_a_server_process_looks_all_the_time(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    settings = Settings.from_environ(Works(store_url, store_url, tmp_path).environ())
    work = live_side(settings, store).work()
    assert "tell_elsewhere" in [one.__name__ for one in work if inspect.iscoroutine(one)]
    for one in work:
        one.close()
