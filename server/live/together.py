"""Questions to the store that many connections have at once, asked together.

In a storm each connection on its own would ask about everything on the board; together they ask once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Generic, TypeVar

AT_ONCE = 16  # bounds how long one trip holds the store
Asked = TypeVar("Asked")
Told = TypeVar("Told")
Ask = Callable[[str, list[Asked]], Awaitable[list[Told]]]


class Together(Generic[Asked, Told]):
    """One trip at a time, at most `AT_ONCE` of one meeting in it, in the order in which they came."""

    def __init__(
        self, ask: Ask[Asked, Told], start: Callable[[Coroutine[object, object, None]], None]
    ) -> None:
        self._ask = ask
        self._start = start
        self._waiting: deque[tuple[str, Asked, asyncio.Future[Told]]] = deque()
        self._under_way = False

    async def ask(self, meeting: str, asked: Asked) -> Told:
        """The answer. Raises what the store's trip raises, to all who were in it."""
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((meeting, asked, answer))
        if not self._under_way:
            self._under_way = True
            self._start(self._trips())
        return await answer

    async def _trips(self) -> None:
        try:
            while self._waiting:
                await self._trip()
        finally:
            self._under_way = False

    async def _trip(self) -> None:
        meeting = self._waiting[0][0]
        batch: list[tuple[str, Asked, asyncio.Future[Told]]] = []
        while self._waiting and self._waiting[0][0] == meeting and len(batch) < AT_ONCE:
            batch.append(self._waiting.popleft())
        try:
            told = await self._ask(meeting, [asked for _, asked, _ in batch])
        except Exception as error:
            for _, _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, _, answer), one in zip(batch, told, strict=True):
            if not answer.done():
                answer.set_result(one)
