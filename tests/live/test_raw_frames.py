"""Any bytes after the upgrade, and a client that shares no code with the server."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from server.live.door import Door
from server.live.socket import FRAMES_PER_S, LiveSocket
from server.live.wire import PIECE_BYTES
from server.protocol.close_codes import Close
from tests.live import test_port
from tests.live.test_port import HOST, ORIGIN, Running
from tests.live.test_socket import Ear, Transport, upgrade

running = test_port.running  # a port under test
FRAMES = st.builds(
    lambda first, masked, size, payload: bytes((first, masked << 7 | size)) + payload,
    st.integers(0, 255),
    st.integers(0, 1),
    st.integers(0, 127),
    st.binary(max_size=140),
)
GOOD = st.one_of(
    st.builds(
        lambda opcode, payload, fin: Frame(opcode, payload, fin).serialize(mask=True),
        st.sampled_from([Opcode.TEXT, Opcode.CONT]),
        st.binary(max_size=200),
        st.booleans(),
    ),
    st.builds(
        lambda opcode, payload: Frame(opcode, payload).serialize(mask=True),
        st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE]),
        st.binary(max_size=125),
    ),
)


class Ends(Transport):
    """A transport that knows whether it was ended."""

    ended = False

    def close(self) -> None:
        self.ended = True

    abort = close


def upgraded() -> tuple[LiveSocket, Ear, Ends]:
    """A connection whose upgrade was granted, who hears it, and what it writes to."""
    ear, transport = Ear(), Ends()
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 16_384, 10.0, 10, 10)
    connection = LiveSocket(door, ear)
    connection.connection_made(cast(asyncio.Transport, transport))
    connection.data_received(upgrade())
    return connection, ear, transport


def said(written: bytes) -> list[tuple[int, bytes]]:
    """First byte and payload of each short frame that a server wrote; every byte belongs to one."""
    found, at = [], 0
    while at < len(written):
        size = written[at + 1]
        assert size < 126
        found.append((written[at], written[at + 2 : at + 2 + size]))
        at += 2 + size
    assert at == len(written)
    return found


@settings(max_examples=150, deadline=None)
@given(chunks=st.lists(st.one_of(FRAMES, GOOD, st.binary(max_size=40)), max_size=8))
@example(chunks=[b"\x81\x81\x00\x00\x00\x00\x80", b"\x89\x80\x00\x00\x00\x00"])
async def test_any_bytes_are_heard_or_end_with_a_code(chunks: list[bytes]) -> None:
    connection, ear, transport = upgraded()
    before = len(transport.written)
    for chunk in chunks:
        connection.data_received(chunk)
    told = said(transport.written[before:])
    if connection.writable:
        assert not transport.ended
    else:  # its own code, or the echo of the one that the client closed with
        first, payload = told[-1]  # nothing follows it, no answer to a ping either
        assert first == 0x88 and [kind for kind, _ in told].count(0x88) == 1
        code = int.from_bytes(payload[:2])
        assert not payload or code in set(Close) or 1000 <= code < 5000
    heard = list(ear.heard)
    connection.data_received(Frame(Opcode.TEXT, b"x").serialize(mask=True))
    assert connection.writable or ear.heard == heard  # nobody is heard after the end
    connection.connection_lost(None)


class Still:
    """A loop in whose time this is one moment, however long the machine takes."""

    def __init__(self) -> None:
        self.call_later = asyncio.get_running_loop().call_later

    def time(self) -> float:
        return 7.0


@pytest.mark.parametrize(
    "before",
    [b"", Frame(Opcode.BINARY, b"x").serialize(mask=True)],
    ids=["open", "told-to-end"],  # a mask is another each time, and processes must name tests alike
)
async def test_of_a_flood_that_comes_at_once_only_the_beginning_is_read(before: bytes) -> None:
    """Also of one that goes on after its connection was told to end."""
    connection, _, transport = upgraded()
    connection._loop = cast(asyncio.AbstractEventLoop, Still())
    start = len(transport.written)
    for _ in range(3):
        connection.data_received(before + Frame(Opcode.PING, b"").serialize(mask=True) * 5000)
        before = b""
    told = Counter(first for first, _ in said(transport.written[start:]))
    assert told[0x8A] <= FRAMES_PER_S + PIECE_BYTES // 6 and told[0x88] == 1
    connection.connection_lost(None)


async def _told(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: WSConnection
) -> Event:
    while True:
        for event in client.events():
            if isinstance(event, Ping):
                writer.write(client.send(event.response()))
            else:
                return event
        async with asyncio.timeout(30):
            client.receive_data(await reader.read(65_536) or None)


async def test_a_client_of_another_library_is_understood(running: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.number)
    client = WSConnection(ConnectionType.CLIENT)
    names = [(b"Origin", ORIGIN.encode())]
    writer.write(client.send(Request(host=HOST, target="/live/spring", extra_headers=names)))
    assert isinstance(await _told(reader, writer, client), AcceptConnection)
    hello = await _told(reader, writer, client)
    assert isinstance(hello, TextMessage) and hello.data == "hello spring"
    for words in ("grüße", "x" * 200, "y" * 16_000):
        writer.write(client.send(TextMessage(words[:5], message_finished=False)))
        writer.write(client.send(Ping(b"there?")))
        writer.write(client.send(TextMessage(words[5:], message_finished=True)))
        heard, pongs = "", 0
        while heard != words or not pongs:
            part = await _told(reader, writer, client)
            if isinstance(part, Pong):
                assert part.payload == b"there?"
                pongs += 1
            else:
                assert isinstance(part, TextMessage) and words.startswith(heard + part.data)
                heard += part.data
    writer.write(client.send(BytesMessage(b"\x00")))
    end = await _told(reader, writer, client)
    assert isinstance(end, CloseConnection) and end.code == 1003
    writer.close()


@pytest.mark.parametrize("code", [1000, 1001, 4999])
async def test_a_farewell_is_answered_with_its_code(running: Running, code: int) -> None:
    async with running.dial() as client:
        await client.recv()
        await client.close(code)
        assert client.close_code == code
