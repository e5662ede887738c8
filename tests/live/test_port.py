"""One port, two tongues: pages and live sockets, and what a socket refuses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import pytest_asyncio
from hypercorn.config import Config
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from server.launch.ports import bind
from server.live import socket as live_socket
from server.live.door import Door
from server.live.port import Port, listen
from server.live.socket import LiveSocket

HOST = "meeting.example"
ORIGIN = "http://meeting.example"
FRAME_BYTES = 16_384


@dataclass
class Echo:
    """Says the slug, then what it hears."""

    slug: str
    ended: list[str] = field(default_factory=list)
    socket: LiveSocket | None = None

    def opened(self, socket: LiveSocket) -> None:
        self.socket = socket
        socket.send_text(f"hello {self.slug}")

    def received(self, text: str) -> None:
        assert self.socket is not None
        self.socket.send_text(text)

    def drained(self) -> None:
        pass

    def closed(self) -> None:
        self.ended.append(self.slug)


@dataclass
class Running:
    """A port under test."""

    port: Port
    number: int
    door: Door
    ended: list[str]
    life: list[str]

    def dial(self, **wishes: Any) -> connect:
        """A client that goes to this port with the right names, unless told otherwise."""
        wishes.setdefault("origin", ORIGIN)
        return connect(
            f"ws://{HOST}/live/spring", host="127.0.0.1", port=self.number, proxy=None, **wishes
        )

    async def http(self, text: str) -> bytes:
        """What comes back for raw bytes, up to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        writer.write(text.encode())
        found = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        return found


def tiny_app(life: list[str]) -> Quart:
    app = Quart(__name__)

    @app.before_serving
    async def begin() -> None:
        life.append("begun")

    @app.after_serving
    async def end() -> None:
        life.append("ended")

    @app.get("/")
    async def home() -> str:
        return "a page"

    return app


@pytest_asyncio.fixture
async def running() -> AsyncIterator[Running]:
    life: list[str] = []
    ended: list[str] = []
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), FRAME_BYTES, 60.0, 50, 50)
    port = await listen(
        tiny_app(life), Config(), lambda slug: Echo(slug, ended), door, bind("127.0.0.1", 0), None
    )
    yield Running(port, port.number, door, ended, life)
    port.close()
    await port.drain(0.0)


def upgrade(more: str = "", names: str = f"Host: {HOST}\r\nOrigin: {ORIGIN}\r\n") -> bytes:
    """The head of an upgrade with the right names, unless told otherwise."""
    key = f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
    wish = f"Upgrade: websocket\r\nConnection: Upgrade\r\n{key}"
    return f"GET /live/spring HTTP/1.1\r\n{names}{wish}{more}\r\n".encode()


async def code_of(client: ClientConnection) -> int:
    """The code with which the server ends the connection."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await asyncio.wait_for(client.recv(), 30)
    received = closed.value.rcvd
    assert received is not None
    return received.code


async def test_upgrade_speaks_and_tells_its_end(running: Running) -> None:
    async with running.dial() as client:
        assert await client.recv() == "hello spring"
        await client.send("grüße")
        assert await client.recv() == "grüße"
        await client.send(["in ", "parts"])
        assert await client.recv() == "in parts"
        assert len(running.door.open) == 1
    async with asyncio.timeout(30):
        while not running.ended:
            await asyncio.sleep(0.01)
    assert running.ended == ["spring"]
    assert not running.door.open


async def test_pages_on_the_same_port(running: Running) -> None:
    ask = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    found = await running.http(ask)
    assert found.startswith(b"HTTP/1.1 200") and found.endswith(b"a page")


async def test_live_address_without_upgrade_is_a_page_request(running: Running) -> None:
    ask = f"GET /live/spring HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    assert (await running.http(ask)).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("origin", ["http://elsewhere.example", f"{ORIGIN}.evil.example", None])
async def test_foreign_or_missing_origin_is_refused(running: Running, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await running.dial(origin=origin)
    assert refused.value.response.status_code == 403
    assert not running.door.open


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (f"Host: elsewhere.example\r\nOrigin: {ORIGIN}", b"400"),
        (f"Host: {HOST}\r\nHost: {HOST}\r\nOrigin: {ORIGIN}", b"400"),
        (f"Host: {HOST}\r\nOrigin: {ORIGIN}\r\nOrigin: {ORIGIN}", b"403"),
    ],
)
async def test_foreign_or_doubled_names_are_refused(
    running: Running, fields: str, status: bytes
) -> None:
    ask = upgrade(names=f"{fields}\r\n").decode()
    assert (await running.http(ask)).startswith(b"HTTP/1.1 " + status)


async def test_full_house_says_when_to_come_back(running: Running) -> None:
    running.door.most = 0
    with pytest.raises(InvalidStatus) as refused:
        await running.dial()
    assert refused.value.response.status_code == 503
    assert "Retry-After" in refused.value.response.headers


async def test_compression_is_never_agreed(running: Running) -> None:
    async with running.dial(compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        assert client.protocol.extensions == []


async def test_binary_is_refused(running: Running) -> None:
    async with running.dial() as client:
        await client.send(b"\x00")
        assert await code_of(client) == 1003


@pytest.mark.parametrize("size", [FRAME_BYTES + 1, 200_000])
async def test_too_big_is_refused(running: Running, size: int) -> None:
    async with running.dial() as client:
        await client.send("x" * size)
        assert await code_of(client) == 1009


async def test_too_big_in_parts_is_refused(running: Running) -> None:
    async with running.dial() as client:
        await client.send(["x" * 10_000, "x" * 10_000])
        assert await code_of(client) == 1009


async def test_bad_utf8_is_refused(running: Running) -> None:
    async with running.dial() as client:
        await client.send(b"\xff\xfe", text=True)
        assert await code_of(client) == 1007


async def test_flood_of_pings_is_cut(running: Running) -> None:
    async with running.dial(ping_interval=None) as client:
        told = asyncio.create_task(code_of(client))
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20_000):  # until it is cut: a slow machine sends few in a second
                await client.ping()
        assert await told == 4429


async def test_flood_of_bytes_is_cut(running: Running) -> None:
    async with running.dial() as client:
        told = asyncio.create_task(code_of(client))  # who hears no echo hears no farewell either
        with contextlib.suppress(ConnectionClosed):
            for _ in range(2_000):
                await client.send("x" * 16_000)
        assert await told == 4429


async def test_who_never_reads_is_cut_with_little_waiting(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "BLOCKED_S", 0.2)
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stalled.connect(("127.0.0.1", running.number))
    stalled.sendall(upgrade())
    async with asyncio.timeout(30):
        while not running.door.open:
            await asyncio.sleep(0.01)
        connection = cast(LiveSocket, next(iter(running.door.open)))
        frame, taken = b"\x81\x7e\x04\x00" + b"x" * 1024, 0
        while connection.offer(frame):
            taken += len(frame)
            await asyncio.sleep(0)
        assert taken < 500_000
        while running.door.open:
            await asyncio.sleep(0.01)
    stalled.close()


async def test_drain_says_bye_and_ends_the_app(running: Running) -> None:
    async with running.dial() as one, running.dial() as two:
        await asyncio.gather(one.recv(), two.recv())
        running.port.close()
        drained = asyncio.create_task(running.port.drain(0.1))
        for client in (one, two):
            assert json.loads(await client.recv())["t"] == "bye"
            assert await code_of(client) == 1012
        await drained
    assert running.life == ["begun", "ended"]
    assert not running.door.open


async def test_a_compressed_bomb_is_refused_unopened(running: Running) -> None:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeezer.compress(bytes(12_000_000)) + squeezer.flush()
    assert len(bomb) < FRAME_BYTES
    reader, writer = await asyncio.open_connection("127.0.0.1", running.number)
    writer.write(upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert b" 101 " in head and b"Extensions" not in head
    frame = bytearray(Frame(Opcode.TEXT, bomb).serialize(mask=True))
    frame[0] |= 0x40  # "this is compressed"
    writer.write(frame)
    told = await asyncio.wait_for(reader.read(), 30)
    assert b"\x03\xea" in told  # 1002: a reserved bit, whatever is behind it
    writer.close()


async def test_who_answers_no_ping_is_cut(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_socket, "PING_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", running.number)
    writer.write(upgrade())
    with contextlib.suppress(ConnectionResetError):
        told = await asyncio.wait_for(reader.read(), 30)
        assert b"\x89\x00" in told  # it was asked before it was cut
    assert not running.door.open
    writer.close()
