"""One connection's bytes: however they are cut, the same messages come out."""

from __future__ import annotations

import asyncio
import gc
import json
import tracemalloc
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from server.live import socket as live_socket
from server.live.door import Door
from server.live.frames import short_texts
from server.live.socket import LiveSocket
from server.protocol import outbound
from tests.live.test_port import HOST, ORIGIN

SIZES = st.one_of(st.integers(0, 140), st.integers(65_400, 65_700), st.integers(0, 3_000))


class Transport:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int) -> None: ...
    def get_extra_info(self, name: str) -> None: ...
    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None: ...
    def abort(self) -> None: ...


class Ear:
    """A conversation that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def opened(self, socket: LiveSocket) -> None: ...
    def received(self, text: str) -> None:
        self.heard.append(text)

    def drained(self) -> None: ...
    def closed(self) -> None: ...


def upgrade() -> bytes:
    client = ClientProtocol(parse_uri(f"ws://{HOST}/live/spring"), origin=cast(Any, ORIGIN))
    client.send_request(client.connect())
    return b"".join(client.data_to_send())


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


async def heard(chunks: list[bytes], head: bytes = b"") -> tuple[list[str], bytes]:
    ear, transport = Ear(), Transport()
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 1 << 20, 10.0, 10, 10)
    connection = LiveSocket(door, ear)
    connection.connection_made(cast(asyncio.Transport, transport))
    connection.data_received(upgrade() + head)
    for chunk in chunks:
        connection.data_received(chunk)
    connection.connection_lost(None)
    return ear.heard, transport.written


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(SIZES, max_size=6), cuts=st.lists(st.integers(1, 4_000), max_size=12))
async def test_messages_are_the_same_however_the_bytes_are_cut(
    sizes: list[int], cuts: list[int]
) -> None:
    texts = [f"{at}{'ä' * (size // 2)}" for at, size in enumerate(sizes)]
    stream = b"".join(masked(text.encode()) for text in texts)
    chunks, rest = [], stream
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    whole = [masked(text.encode()) for text in texts]
    bytes_per_s, live_socket.BYTES_PER_S = live_socket.BYTES_PER_S, 1 << 30
    try:
        assert (await heard([*filter(None, chunks), rest]))[0] == texts
        assert (await heard(whole))[0] == texts
        assert (await heard(whole[1:], head=b"".join(whole[:1])))[0] == texts
        assert (await heard([*whole, *filter(None, [*chunks, rest])]))[0] == texts * 2
    finally:
        live_socket.BYTES_PER_S = bytes_per_s


@pytest.mark.parametrize("split", range(1, 9))
async def test_a_short_frame_after_a_half_one_is_the_half_ones_end(split: int) -> None:
    inner = b"\x81\x81abcdx"  # looks like a whole frame when it comes as a chunk of its own
    payload = b"a" * split + b"\xe1" + inner + b"b" * 9  # U+1041, cut after its first byte
    outer = b"\x81" + bytes([0x80 + len(payload)]) + bytes(4) + payload
    at = 7 + split
    pieces = [outer[:at], outer[at : at + len(inner)], outer[at + len(inner) :]]
    found, _ = await heard([*pieces, masked(b"next")])
    assert found == [payload.decode(), "next"]


async def test_a_whole_message_inside_a_fragmented_one_is_a_protocol_error() -> None:
    found, written = await heard([masked(b"half", fin=False), masked(b"whole")])
    assert found == []
    assert b"\x03\xea" in written  # 1002


@pytest.mark.parametrize(
    "chunk",
    [
        b"",
        b"\x81",
        masked(b"x" * 126),
        masked(b"x", Opcode.BINARY),
        masked(b"x", Opcode.PING),
        masked(b"x", fin=False),
        masked(b"x") + b"\x81",
        masked(b"x") + masked(b"y", Opcode.PING),
        masked(b"x") * 3 + masked(b"x" * 126),
        Frame(Opcode.TEXT, b"x").serialize(mask=False),
        b"\xc1" + masked(b"x")[1:],
    ],
    ids=str.split(
        "empty half long binary ping fragment rest text-ping text-long unmasked reserved"
    ),
)
def test_what_is_not_whole_short_masked_texts_takes_the_long_way(chunk: bytes) -> None:
    assert short_texts(chunk) is None


async def test_a_socket_that_only_listens_keeps_no_parser_also_after_a_long_message() -> None:
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 16_384, 10.0, 1_000, 1_000)

    def opened() -> LiveSocket:
        ear = Ear()
        connection = LiveSocket(door, ear)
        connection.connection_made(cast(asyncio.Transport, Transport()))
        connection.data_received(upgrade())
        connection.data_received(masked(b"x" * 3_000))
        assert len(ear.heard.pop()) == 3_000
        return connection

    kept = [opened() for _ in range(10)]  # what is made once is made
    gc.collect()
    tracemalloc.start()
    try:
        kept += [opened() for _ in range(100)]
        gc.collect()
        bytes_each = tracemalloc.get_traced_memory()[0] / 100
    finally:
        tracemalloc.stop()
        for connection in kept:
            connection.connection_lost(None)
    assert bytes_each < 2_000  # 8,700 where each keeps its parser


@pytest.mark.parametrize(
    "chunk",
    [
        masked(b"x" * 3_000),
        masked(b"half", fin=False),
        masked(b"\x03\xe8", Opcode.CLOSE),
        masked(b"{}", Opcode.BINARY),
        masked(b"", Opcode.PING) * 5_000,
        b"\xc1" + masked(b"x")[1:],
    ],
    ids=str.split("long half farewell binary flood reserved"),
)
async def test_a_connection_that_has_ended_leaves_nothing_to_be_swept(chunk: bytes) -> None:
    """Objects in circles stay until the next sweep, which is rare."""
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 16_384, 10.0, 1_000, 1_000)
    head = upgrade()  # the client's own leavings are none of ours

    def visit() -> None:
        connection = LiveSocket(door, Ear())
        connection.connection_made(cast(asyncio.Transport, Transport()))
        connection.data_received(head)
        connection.data_received(chunk)
        connection.connection_lost(None)

    visit()  # what is made once is made
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            visit()
        left = len(gc.get_objects())
        gc.collect()
        assert left - len(gc.get_objects()) < 20  # 700 where each leaves its parser
    finally:
        gc.enable()


async def test_a_pong_keeps_a_socket_and_its_absence_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_socket, "PING_S", 0.01)

    class Cut(Transport):
        cut = False

        def abort(self) -> None:
            self.cut = True

    transport = Cut()
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 16_384, 10.0, 10, 10)
    connection = LiveSocket(door, Ear())
    connection.connection_made(cast(asyncio.Transport, transport))
    connection.data_received(upgrade())
    async with asyncio.timeout(30):
        for pings in range(1, 6):
            while transport.written.count(b"\x89\x00") < pings:
                assert not transport.cut
                await asyncio.sleep(0)
            connection.data_received(masked(b"", Opcode.PONG))
        while not transport.cut:
            await asyncio.sleep(0)
    connection.connection_lost(None)


@pytest.mark.parametrize("on", [True, False])
def test_the_acknowledgement_written_out_is_what_the_encoder_would_say(on: bool) -> None:
    told = {"t": "ack", "r": 2**53 - 1, "n": 7, "on": on, "votes": 12, "at": "5-1"}
    assert json.loads(outbound.ack(2**53 - 1, 7, on, 12, "5-1")) == told
