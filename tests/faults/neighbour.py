"""Somebody who does nothing wrong while others do, and the memory of the process that serves both."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection

from tests.faults.machine import Machine
from tools.bench.machine import resident_kb
from tools.replay.attendee import Attendee

EVERY_S = 0.02


@dataclass(slots=True)
class Neighbour:
    """Asks whether anybody is there, fifty times a second: how long each answer took, in ms."""

    socket: ClientConnection
    took_ms: list[float] = field(default_factory=list)

    async def ask_on(self) -> None:
        """Until cancelled. Fails where the connection ends."""
        while True:
            began = time.perf_counter()
            await self.socket.send('{"t":"ping"}')
            async with asyncio.timeout(60):
                while json.loads(await self.socket.recv())["t"] != "pong":
                    pass
            self.took_ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def neighbour(attendee: Attendee) -> AsyncIterator[Neighbour]:
    """Beside the block; fails where the connection was cut or nothing was answered."""
    found = Neighbour(await attendee._hello())
    asking = asyncio.create_task(found.ask_on())
    yield found
    while not found.took_ms and not asking.done():  # the block may be shorter than one answer
        await asyncio.sleep(EVERY_S)
    assert not asking.done(), "the neighbour was cut"
    asking.cancel()
    await asyncio.wait((asking,))
    await found.socket.close()
    assert found.took_ms, "the neighbour was told nothing"


def server_kb(machine: Machine) -> int:
    """Memory of the only server process."""
    (pid,) = machine.run.children("server")
    return resident_kb(pid)


async def most_kb(machine: Machine, until: asyncio.Task[int]) -> int:
    """The most that the server held until something is done."""
    most = 0
    while not until.done():
        most = max(most, await asyncio.to_thread(server_kb, machine))
        await asyncio.wait((until,), timeout=0.02)
    return most
