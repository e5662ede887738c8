"""People at an application, and a client of its events: raw HTTP, so that it can also stop reading."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from hypercorn.config import Config
from quart import Quart

from server.acts import admission
from server.launch.ports import bind
from server.live.conversation import Conversation
from server.live.port import Port, listen
from server.live.streams import Streams
from tests.acts.building import NOW, Town
from tests.web.browsing import Client

WITHIN_S = 60.0  # a busy machine is slow, what is wrong stays wrong


class Person:
    """One attendee (or member of staff) with a stream and posts."""

    def __init__(self, app: Quart, town: Town, token: str) -> None:
        self.client, self.at = Client(app, token), f"/meetings/{town.meeting.slug}"

    async def ticket(self) -> str:
        """A fresh ticket."""
        _, told = await self.client.send("POST", f"{self.at}/ticket")
        return str(told["ticket"])

    async def say(self, **message: object) -> tuple[int, Any]:
        """Status and body of one posted message."""
        return await self.client.send("POST", f"{self.at}/messages?d=abc", message)

    async def one(self, **message: object) -> dict[str, Any]:
        """The one message that answers."""
        status, told = await self.say(**message)
        assert status == 200, told
        (answer,) = told["messages"]
        return dict(answer)


async def someone(app: Quart, town: Town) -> Person:
    """An attendee who has just joined."""
    joined = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    return Person(app, town, joined.token)


def streams_of(app: Quart) -> Streams:
    """Whoever listens at this application."""
    found: Streams = app.extensions["openfloor"].streams
    return found


class Ear:
    """One open stream, from the status line on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self._text = ""

    async def head(self) -> None:
        """Read status and headers."""
        async with asyncio.timeout(WITHIN_S):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(lines[0].split(" ")[1])

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event: its kind ("" for a message) and its data. EOFError at the end."""
        async with asyncio.timeout(WITHIN_S):
            while "\n\n" not in self._text:
                size = int((await self.reader.readuntil(b"\r\n")).strip() or b"0", 16)
                if not size:
                    raise EOFError
                self._text += (await self.reader.readexactly(size + 2))[:-2].decode()
        told, self._text = self._text.split("\n\n", 1)
        lines = dict(line.split(": ", 1) for line in told.split("\n"))
        return ("beat", {}) if "" in lines else (lines.get("event", ""), json.loads(lines["data"]))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; others are passed over."""
        while True:
            event, told = await self.event()
            if not event and told["t"] == kind:
                return told

    async def end(self) -> int:
        """The code of the last event, after which nothing comes."""
        while True:
            event, told = await self.event()
            if event == "close":
                try:
                    await self.event()
                except EOFError:
                    return int(told["code"])
                raise AssertionError("something comes after the end")

    def hang_up(self) -> None:
        """Be gone without a word."""
        self.writer.transport.abort()


@asynccontextmanager
async def port_of(app: Quart) -> AsyncIterator[Port]:
    """The application on a listening port, with sockets beside its streams."""
    streams = streams_of(app)
    config = Config()
    config.graceful_timeout = 1
    port = await listen(
        app,
        config,
        lambda slug: Conversation(streams.node, streams.hub, slug),
        streams.door,
        bind("127.0.0.1", 0),
        None,
    )
    try:
        yield port
    finally:
        port.close()
        await port.drain(0.0)


class Numbered(Protocol):
    """What listens on a port."""

    @property
    def number(self) -> int:
        """Its number."""


async def listen_to(port: Numbered, slug: str, ticket: str, query: str = "d=abc") -> Ear:
    """Ask for the events; the status is read already."""
    ear = Ear(*await asyncio.open_connection("127.0.0.1", port.number))
    path = f"/api/v1/meetings/{slug}/events?{query}"
    names = f"Host: floor.example\r\nOpenfloor-Ticket: {ticket}\r\n"
    ear.writer.write(f"GET {path} HTTP/1.1\r\n{names}\r\n".encode())
    await ear.head()
    return ear
