"""Raw bytes at the port: requests that two readers could cut apart differently are nobody's (S-56)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypercorn.config import Config
from quart import Quart

from server.launch.ports import bind
from server.live.door import Conversation, Door
from server.live.port import listen
from server.live.socket import LiveSocket
from tests.web.browsing import PATIENCE_S

HEAD = "Host: floor.example\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
SECOND = "GET /healthz HTTP/1.1\r\nHost: floor.example\r\nConnection: close\r\n\r\n"


@pytest_asyncio.fixture
async def port(app: Quart) -> AsyncIterator[int]:
    """The application on a real port."""

    def nobody(_: str) -> Conversation[LiveSocket]:
        raise AssertionError("no socket is opened here")

    door = Door(frozenset(), frozenset(), 16_384, PATIENCE_S, 10, 10)
    opened = await listen(app, Config(), nobody, door, bind("127.0.0.1", 0), None)
    yield opened.number
    opened.close()
    await opened.drain(0.0)


async def answers(port: int, text: bytes) -> list[int]:
    """Status codes of all that comes back until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    found = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    lines = found.split(b"HTTP/1.1 ")[1:]
    return [int(line[:3]) for line in lines]


async def test_an_ordinary_pair_is_answered_twice(port: int) -> None:
    text = f"POST /api/v1/organise HTTP/1.1\r\n{HEAD}Content-Length: 2\r\n\r\n{{}}{SECOND}"
    assert await answers(port, text.encode()) == [400, 200]


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 0, 44",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Transfer-Encoding: identity\r\nContent-Length: 5",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        " Transfer-Encoding: chunked",
    ],
)
async def test_lengths_that_can_be_read_two_ways_are_refused(port: int, lengths: str) -> None:
    text = f"POST /api/v1/organise HTTP/1.1\r\n{HEAD}{lengths}\r\n\r\n0\r\n\r\n{SECOND}"
    found = await answers(port, text.encode())
    assert found and 200 not in found and all(400 <= status <= 501 for status in found), found


@pytest.mark.parametrize(
    "head",
    [
        "Host: floor.example\r\nHost: evil.example",
        "Host: evil.example\r\nHost: floor.example",
        "X: y",
        "Host: floor.example\r\nX: a\r\n b",
        "Host: floor.example\r\nX\x00: a",
    ],
)
async def test_a_head_that_names_two_hosts_or_none_is_refused(port: int, head: str) -> None:
    found = await answers(
        port, f"GET /api/v1/meetings/x HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n".encode()
    )
    assert len(found) == 1 and found[0] in (400, 404)
    assert found[0] == 400 or "X: a" in head
