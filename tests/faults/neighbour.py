"""Somebody who does nothing wrong while others do, and the memory of the process that serves both."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from tests.faults.machine import Machine
from tools.replay.attendee import Attendee

EVERY_S, IN_S = 0.02, 90.0


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


async def let_in(attendee: Attendee) -> ClientConnection:
    """A socket of this person. Who is too late with a first message, as on a machine that stands still,
    comes again."""
    async with asyncio.timeout(IN_S):
        while True:
            with suppress(OSError, EOFError, WebSocketException):
                return await attendee._hello()


@asynccontextmanager
async def neighbour(attendee: Attendee) -> AsyncIterator[Neighbour]:
    """Beside the block; fails where the connection was cut or nothing was answered."""
    found = Neighbour(await let_in(attendee))
    asking = asyncio.create_task(found.ask_on())
    yield found
    while not found.took_ms and not asking.done():  # the block may be shorter than one answer
        await asyncio.sleep(EVERY_S)
    assert not asking.done(), "the neighbour was cut"
    asking.cancel()
    await asyncio.wait((asking,))
    await found.socket.close()
    assert found.took_ms, "the neighbour was told nothing"


def server_of(machine: Machine) -> int:
    """The process id of its only server."""
    (pid,) = machine.run.children("server")
    return pid


def held_kb(pid: int) -> int:
    """Memory of a process in KB that is in no file. What it shares with others is left out: its part of
    that grows when one of them ends."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    raise AssertionError("the kernel tells this of every process")


async def most_kb(pid: int, until: asyncio.Task[int]) -> int:
    """The most that a process held until something is done."""
    most = 0
    while not until.done():
        most = max(most, await asyncio.to_thread(held_kb, pid))
        await asyncio.wait((until,), timeout=0.02)
    return most
