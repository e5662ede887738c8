"""Other meetings beside the measured one: in each a person watches and votes once a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tools.bench import product
from tools.bench.product import Product, Stage

QUESTIONS = 10
AT_ONCE = 8  # meetings that are set up side by side


class Others:
    """Meetings that go on until the end; `grow` adds some. Runs in a thread of its own."""

    def __init__(self, up: Product) -> None:
        self._up = up
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._people: list[asyncio.Task[None]] = []

    @property
    def meetings(self) -> int:
        """How many there are."""
        return len(self._people)

    def grow(self, to: int) -> None:
        """Returns once `to` meetings are there and somebody watches each."""
        asyncio.run_coroutine_threadsafe(self._grow(to), self._loop).result()

    async def _grow(self, to: int) -> None:
        while self.meetings < to:
            more = min(AT_ONCE, to - self.meetings)
            stages = await asyncio.gather(
                *(product.set_up(self._up, 1, QUESTIONS) for _ in range(more))
            )
            inside = [asyncio.Event() for _ in stages]
            for stage, event in zip(stages, inside, strict=True):
                self._people.append(asyncio.create_task(self._person(stage, event)))
            async with asyncio.timeout(10):
                await asyncio.gather(*(event.wait() for event in inside))

    async def _person(self, stage: Stage, inside: asyncio.Event) -> None:
        (hello,) = stage.hellos(self._up.secret)
        address = f"ws://127.0.0.1:{self._up.port}/live/{stage.meeting.slug}"
        async with connect(address, origin=Origin(self._up.origin), compression=None) as socket:
            await socket.send(hello)
            await socket.recv()
            inside.set()
            voting = asyncio.create_task(_vote(socket))
            try:
                with contextlib.suppress(ConnectionClosed):
                    async for _ in socket:
                        pass
            finally:
                voting.cancel()

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """All leave; the thread ends."""

        async def leave() -> None:
            for person in self._people:
                person.cancel()
            await asyncio.gather(*self._people, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(leave(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _vote(socket: ClientConnection) -> None:
    for turn in range(1, 1 << 30):
        await asyncio.sleep(1)
        on = turn // QUESTIONS % 2 == 0
        vote = {"t": "vote", "n": turn % QUESTIONS + 1, "on": on, "c": turn, "r": turn}
        await socket.send(json.dumps(vote))


@contextlib.contextmanager
def beside(up: Product) -> Iterator[Others]:
    """No other meeting yet; all of them end on leaving."""
    others = Others(up)
    others.begin()
    try:
        yield others
    finally:
        others.end()
