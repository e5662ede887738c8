"""Two server processes on one store: the same board for everybody, one reader each."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from server.live.boards import Boards
from server.store import events
from tests.acts.building import live_town
from tests.domain.test_board import apply
from tests.live.half import WITHIN_S, dial, hear, live_half
from tests.live.test_conversation import entered
from tests.live.test_histories import ordered

PEOPLE, TICK_MS = 12, 50


async def reads(store: Redis) -> int:
    """How often event streams were read so far."""
    told = await store.info("commandstats")
    return int(told.get("cmdstat_xread", {"calls": 0})["calls"])


async def acked(socket: ClientConnection, board: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The board by the deltas that came before this person's acknowledgement, and that one's position."""
    async with asyncio.timeout(WITHIN_S):
        while (told := json.loads(await socket.recv()))["t"] != "ack":
            board = apply(board, told) if told["t"] == "delta" else board
    return board, str(told["at"])


async def followed(socket: ClientConnection, board: dict[str, Any], until: str) -> dict[str, Any]:
    """The board once deltas have brought it to this position."""
    while board["pos"] != until:
        board = apply(board, await hear(socket, "delta"))
    return board


async def test_everybody_at_either_process_sees_the_same_board_through_one_reader_each(
    store: Redis,
) -> None:
    town = await live_town(store)
    questions = [await town.listed() for _ in range(4)]
    async with AsyncExitStack() as opened:
        halves = [
            await opened.enter_async_context(live_half(store, tick_ms=TICK_MS)) for _ in (1, 2)
        ]
        sockets, boards = [], []
        for at in range(PEOPLE):
            socket = await opened.enter_async_context(dial(halves[at % 2].port, town))
            await entered(socket, town)
            boards.append(await hear(socket, "snapshot"))
            sockets.append(socket)
        for at, socket in enumerate(sockets):
            wish = {"t": "vote", "n": questions[at % 3].number, "on": True, "c": 1, "r": 1}
            await socket.send(json.dumps(wish))
        acks = [await acked(*one) for one in zip(sockets, boards, strict=True)]
        last = max((at for _, at in acks), key=events.order)
        told = [
            await followed(socket, board, last)
            for socket, (board, _) in zip(sockets, acks, strict=True)
        ]
        fresh = ordered((await Boards(store).follow(town.meeting.id)).snapshot(TICK_MS))
        assert [ordered({**board, "tick": TICK_MS}) for board in told] == [fresh] * PEOPLE
        assert sum(row["votes"] for row in fresh["rows"]) == PEOPLE
        began, before = time.monotonic(), await reads(store)
        while await reads(store) < before + 10:  # whoever listens
            await asyncio.sleep(TICK_MS / 1000)
        found = await reads(store) - before
        ticks = (time.monotonic() - began) * 1000 / TICK_MS
        assert found <= 2 * (ticks + 2)
