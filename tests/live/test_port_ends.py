"""A port that closes: who was let in before it did is answered still."""

from __future__ import annotations

import asyncio

import pytest
from hypercorn.asyncio.tcp_server import TCPServer

from server.live import port
from server.live import socket as live_socket
from tests.live.test_port import HOST, Running, running, upgrade

__all__ = ["running"]
ASKS = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


async def accepted(number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that the port took: the queue is one, and a later one was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    later = await asyncio.open_connection("127.0.0.1", number)
    later[1].write(ASKS)
    assert b" 200 " in await later[0].readline()
    later[1].close()
    return reader, writer


async def ended(running: Running) -> None:
    """As a server process ends."""
    running.port.close()
    await running.port.begun()
    await running.port.drain(0.0)


async def test_a_request_whose_head_comes_after_the_port_closed_is_answered(
    running: Running,
) -> None:
    reader, writer = await accepted(running.number)
    ending = asyncio.create_task(ended(running))
    await asyncio.sleep(0)  # the port is closed now
    writer.write(ASKS)
    assert (await asyncio.wait_for(reader.read(), 30)).endswith(b"a page")
    assert running.life == ["begun"]  # the application has not ended before its answer
    await ending
    assert running.life == ["begun", "ended"]


async def test_a_request_that_a_busy_machine_has_not_begun_is_waited_for(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, free = asyncio.Event(), asyncio.Event()

    class Late(TCPServer):
        async def _read_data(self) -> None:
            given.set()
            await free.wait()
            await super()._read_data()

    monkeypatch.setattr(port, "TCPServer", Late)
    monkeypatch.setattr(port, "BEGIN_S", 60.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", running.number)
    writer.write(ASKS)
    await given.wait()
    ending = asyncio.create_task(ended(running))
    await asyncio.wait((ending, reading := asyncio.create_task(reader.read())), timeout=0.3)
    assert not ending.done() and running.life == ["begun"]
    free.set()
    assert (await asyncio.wait_for(reading, 30)).endswith(b"a page")
    await ending


async def test_a_socket_whose_head_comes_after_the_port_closed_is_told_to_come_back(
    running: Running,
) -> None:
    reader, writer = await accepted(running.number)
    ending = asyncio.create_task(ended(running))
    await asyncio.sleep(0)
    writer.write(upgrade())
    said = await asyncio.wait_for(reader.read(), 30)
    assert b" 101 " in said and b'"bye"' in said
    assert b"\x03\xf4server ends" in said  # 1012
    await ending


async def test_a_socket_whose_head_comes_while_others_are_told_is_told_too(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "BEGIN_S", 0.0)
    monkeypatch.setattr(port, "SOCKETS_S", 60.0)
    monkeypatch.setattr(live_socket, "FAREWELL_S", 60.0)
    held = await accepted(running.number)  # it will not answer its close: the end waits a moment
    held[1].write(upgrade())
    assert b" 101 " in await held[0].readline()
    late = await accepted(running.number)
    ending = asyncio.create_task(ended(running))
    await asyncio.wait_for(held[0].readuntil(b"server ends"), 30)
    late[1].write(upgrade())
    said = await asyncio.wait_for(late[0].readuntil(b"\x03\xf4server ends"), 30)  # 1012
    assert b" 101 " in said
    for _, writer in (held, late):
        writer.close()
    await ending
