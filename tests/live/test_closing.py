"""Voting is closed while everybody presses: what was acknowledged is the tally, no more and no less."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from server.acts import meetings
from server.store import keys
from tests.acts.building import NOW, live_town
from tests.live.half import WITHIN_S, dial, live_half
from tests.live.test_conversation import entered

PEOPLE, QUESTIONS, BEFORE = 30, 4, 200


async def _press(socket: ClientConnection, numbers: list[int], told: list[int]) -> dict[int, bool]:
    """One wish after the other until voting is closed: what was acknowledged last, by number."""
    stands: dict[int, bool] = {}
    for r in range(10_000):
        n, on = numbers[r % len(numbers)], r // len(numbers) % 3 != 1
        wish = {"t": "vote", "n": n, "on": on, "c": int(time.time() * 1000) + r, "r": r}
        await socket.send(json.dumps(wish))
        while (answer := json.loads(await socket.recv()))["t"] not in ("ack", "refused"):
            pass
        if answer["t"] == "refused":
            assert answer["code"] == "closed", answer
            return stands
        stands[n] = on
        told[0] += 1
        await asyncio.sleep(0.01)  # below the frames that one socket may send
    raise AssertionError("voting was never closed")


async def test_what_was_acknowledged_while_voting_closed_is_the_tally(store: Redis) -> None:
    town, told = await live_town(store), [0]
    questions = [await town.listed() for _ in range(QUESTIONS)]
    numbers = [question.number or 0 for question in questions]
    async with live_half(store, per_person=10_000) as half, AsyncExitStack() as open_sockets:
        sockets = []
        for _ in range(PEOPLE):
            socket = await open_sockets.enter_async_context(dial(half.port, town))
            await entered(socket, town)
            sockets.append(socket)
        pressing = [asyncio.create_task(_press(socket, numbers, told)) for socket in sockets]
        async with asyncio.timeout(4 * WITHIN_S):
            while told[0] < BEFORE:
                await asyncio.sleep(0.001)
            await meetings.change(store, town.meeting, {"voting": False}, "org:1", NOW)
            stands = await asyncio.gather(*pressing)
    for question in questions:
        expected = sum(one.get(question.number or 0, False) for one in stands)
        assert (await town.look(question.q)).votes == expected
        assert await store.bitcount(keys.voters(town.meeting.id, question.q)) == expected
    assert told[0] >= BEFORE
