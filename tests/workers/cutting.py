"""Processes that die at a chosen command: lines to stores that take so many commands and no more.

To a store it is the same whether a process was killed after its n-th command or nothing more came through.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit


@dataclass(slots=True)
class Life:
    """What a process may still say, to whichever store; once it has said that, it is dead."""

    commands: int
    dead: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def _speak(
        self, said: asyncio.StreamReader, to: asyncio.StreamWriter, heard: asyncio.StreamWriter
    ) -> None:
        while not self.dead:
            command = await _command(said)
            if not self.commands:
                self.dead = True
                for writer in self._open:
                    writer.close()  # what was said is sent before
                return
            self.commands -= 1
            to.write(command)

    async def _listen(self, store: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while answer := await store.read(65_536):
            to.write(answer)

    async def connected(
        self, store: str, said: asyncio.StreamReader, heard: asyncio.StreamWriter
    ) -> None:
        """One connection of the process, passed on to `store` as long as it lives."""
        writers = {heard}
        try:
            if self.dead:
                return
            answers, to = await _dial(store)
            writers.add(to)
            self._open |= writers
            speaking = asyncio.create_task(self._speak(said, to, heard))
            listening = asyncio.create_task(self._listen(answers, heard))
            try:
                await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (speaking, listening):
                    task.cancel()
                await asyncio.gather(speaking, listening, return_exceptions=True)
        finally:
            self._open -= writers
            for writer in writers:
                writer.close()

    @asynccontextmanager
    async def line(self, store: str) -> AsyncIterator[str]:
        """The address at which the process finds this store."""
        server = await asyncio.start_server(
            lambda said, heard: self.connected(store, said, heard), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        try:
            yield _at(store, port)
        finally:
            server.close()


async def _command(said: asyncio.StreamReader) -> bytes:
    """One command as it stands on the wire: an array of strings, each with its length."""
    raw = await said.readuntil(b"\r\n")
    for _ in range(int(raw[1:])):
        length = await said.readuntil(b"\r\n")
        raw += length + await said.readexactly(int(length[1:]) + 2)
    return raw


async def _dial(store: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    told = urlsplit(store)
    if told.scheme == "unix":
        return await asyncio.open_unix_connection(told.path)
    return await asyncio.open_connection(told.hostname, told.port)


def _at(store: str, port: int) -> str:
    """The same store's address with this port of ours in it."""
    told = urlsplit(store)
    who = f":{told.password}@" if told.password else ""
    return urlunsplit(("redis", f"{who}127.0.0.1:{port}", told.path if told.port else "/0", "", ""))
