"""A line between two that is as bad as a test wants: bytes come late, connections end in mid-reply."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOST = 0.1  # of the pieces; TCP sends them again
AGAIN_S = 0.2  # what that costs: the least time after which Linux sends again
PIECE = 1_400  # bytes, as one packet carries them


@dataclass(slots=True)
class BadLine:
    """Passes bytes on, in a thread of its own. While `bad`, one piece in ten comes late, what is behind
    it too, and with the chance `cut` a piece of an answer is the last one, half of it."""

    to: int
    cut: float
    port: int = 0
    bad: bool = False
    late: int = 0
    cuts: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(14))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool
    ) -> None:
        while piece := await reader.read(PIECE):
            if self.bad and self._dice.random() < LOST:
                self.late += 1
                await asyncio.sleep(AGAIN_S)
            if self.bad and answers and self._dice.random() < self.cut:
                self.cuts += 1
                writer.write(piece[: len(piece) // 2])
                raise ConnectionAbortedError
            writer.write(piece)
            await writer.drain()
        writer.write_eof()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
            writers.append(back)
            with contextlib.suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass_on(reader, back, False))
                    both.create_task(self._pass_on(there, writer, True))
        for one in writers:
            one.close()

    async def _serve(self, listening: socket.socket) -> None:
        async with await asyncio.start_server(self._connected, sock=listening) as server:
            await server.serve_forever()

    def run(self, listening: socket.socket) -> None:
        """Until `end`; in a thread of its own."""
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve(listening))

    def end(self) -> None:
        """Let `run` return; from another thread."""
        self._loop.call_soon_threadsafe(
            lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)]
        )


@contextmanager
def line_to(port: int, cut: float) -> Iterator[BadLine]:
    """A line to this port of the machine, good until told otherwise."""
    found = BadLine(port, cut)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found.port = listening.getsockname()[1]
        thread = threading.Thread(target=found.run, args=(listening,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.end()
            thread.join(5)
