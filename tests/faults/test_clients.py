"""A client that stops reading is cut in time and holds little; one on a slow line follows; nobody else
waits for either."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.typing import Origin

from server.acts import admission
from server.live.socket import WRITE_HIGH
from server.store import keys
from tests.acts.building import NOW, Town, live_town
from tests.faults.conftest import Tell
from tests.live import half as halves
from tests.live.half import Half, dial, greet, hear, live_half, signed
from tests.live.test_conversation import entered
from tests.live.test_socket import upgrade

STALLED, HEALTHY = 20, 5
EVERY_S, CUT_S, LATE_MS = 0.05, 15.0, 500.0
FILL = "x" * 8_000
SLOW_BYTES_S = 32_000  # 256 kbit/s


@dataclass(slots=True)
class Busy:
    """A board on which a long text changes twenty times a second, and those who read it in time."""

    half: Half
    town: Town
    q: str
    turn: int = 0
    said_at: dict[int, float] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)

    async def change(self) -> None:
        """Until cancelled: other words, told at once."""
        store, m = self.town.store, self.town.meeting.id
        while True:
            self.turn += 1
            self.said_at[self.turn] = time.monotonic()
            await store.hset(keys.question(m, self.q), "text", f"{self.turn} {FILL}")
            await store.xadd(keys.events(m), {"t": "question", "q": self.q, "s": "listed", "r": 1})
            await store.publish(keys.WAKE, m)
            await asyncio.sleep(EVERY_S)

    async def read(self, reader: ClientConnection) -> None:
        """Until cancelled: note how late each change comes."""
        while True:
            turn = shown(json.loads(await reader.recv()))
            if turn in self.said_at:
                self.late_ms.append((time.monotonic() - self.said_at[turn]) * 1000)


def shown(message: dict[str, Any]) -> int:
    """Which change a message shows; 0 where it shows none."""
    words = [row["text"] for row in message.get("rows", []) if row["text"].endswith(FILL)]
    return int(words[0].partition(" ")[0]) if words else 0


@asynccontextmanager
async def busy(store: Redis) -> AsyncIterator[Busy]:
    """A busy board with its healthy readers, for the length of the block."""
    town = await live_town(store)
    question = await town.listed()
    async with live_half(store) as half, AsyncExitStack() as open_sockets:
        found = Busy(half, town, question.q)
        tasks = []
        for _ in range(HEALTHY):
            reader = await open_sockets.enter_async_context(dial(half.port, town))
            await entered(reader, town)
            tasks.append(asyncio.create_task(found.read(reader)))
        tasks.append(asyncio.create_task(found.change()))
        yield found
        assert not any(task.done() for task in tasks), "a healthy reader was cut"
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def narrow(half: Half, buffer: int) -> socket.socket:
    """A connection whose kernel takes few bytes for its client."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    wire.connect(("127.0.0.1", half.port.number))
    wire.setblocking(False)
    return wire


async def stalled(found: Busy) -> socket.socket:
    """Somebody who says hello and never reads."""
    joined = await admission.join(
        found.town.store, found.town.meeting, found.town.meeting.code, NOW
    )
    hello = {"t": "hello", "ticket": signed(joined, joined.sign_in.expires_at), "d": "abc"}
    names = halves.HOST.encode()
    wire = narrow(found.half, 4_096)
    head = upgrade().replace(b"meeting.example", names)
    wire.sendall(head.replace(b"/live/spring", f"/live/{found.town.meeting.slug}".encode()))
    wire.sendall(Frame(Opcode.TEXT, json.dumps(hello).encode()).serialize(mask=True))
    return wire


@pytest.mark.faults
async def test_who_stops_reading_is_cut_in_time_and_nobody_else_waits(
    store: Redis, tell: Tell
) -> None:
    async with busy(store) as found:
        door: set[Any] = found.half.port._door.open
        wires = [await stalled(found) for _ in range(STALLED)]
        async with asyncio.timeout(5):
            while len(door) < STALLED + HEALTHY:
                await asyncio.sleep(0.01)
        began, most = time.monotonic(), 0
        async with asyncio.timeout(CUT_S):
            while len(door) > HEALTHY:
                held = [one._transport.get_write_buffer_size() for one in door if one._transport]
                most = max(most, *held)
                await asyncio.sleep(0.02)
        cut_s = time.monotonic() - began
        for wire in wires:
            wire.close()
    assert most < WRITE_HIGH + 3 * len(FILL)
    assert len(found.late_ms) > found.turn and max(found.late_ms) < LATE_MS
    tell(
        f"{STALLED} stopped reading: all cut after {cut_s:.1f} s, at most {most // 1024} KB held for"
        f" one; others heard of {found.turn} changes at most {max(found.late_ms):.0f} ms late"
    )


@pytest.mark.faults
async def test_a_slow_line_follows_at_its_own_pace(store: Redis, tell: Tell) -> None:
    async with busy(store) as found:
        town = found.town
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        slow = await connect(
            f"ws://{halves.HOST}/live/{town.meeting.slug}",
            sock=narrow(found.half, 32_768),
            origin=Origin(f"http://{halves.HOST}"),
            max_queue=1,
            compression=None,
            proxy=None,
        )
        await greet(slow, signed(joined, joined.sign_in.expires_at))
        await hear(slow, "welcome")
        turns, until = [], time.monotonic() + CUT_S
        while time.monotonic() < until:
            raw = await slow.recv()
            turns += [turn] if (turn := shown(json.loads(raw))) else []
            await asyncio.sleep(len(raw) / SLOW_BYTES_S)
        behind = found.turn - turns[-1]
        await slow.close()
    assert turns == sorted(turns) and len(turns) < found.turn / 2
    assert behind * EVERY_S < 10 and max(found.late_ms) < LATE_MS
    tell(
        f"256 kbit/s: heard {len(turns)} of {found.turn} changes in {CUT_S:.0f} s, in the end"
        f" {behind * EVERY_S:.1f} s behind; others at most {max(found.late_ms):.0f} ms"
    )
