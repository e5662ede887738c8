"""The application on the real store, with a sequencer that gives numbers as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from quart import Quart
from redis.asyncio import Redis

from server.live.boards import Boards
from server.live.hub import Hub
from server.live.tail import Tail
from server.web.app import create_app
from server.web.parts import WebParts
from tests.sequencer.building import sequencer_in
from tests.web import contract

PUBLIC_URL = "http://floor.example"


@pytest_asyncio.fixture
async def app(store: Redis, store_url: str, tmp_path: Path) -> AsyncIterator[Quart]:
    """A running application; its sequencer and tail end with the test."""
    boards = Boards(store)
    tail = Tail(store, boards, Hub(boards, 250), 20)
    sequencer = sequencer_in(tmp_path)

    async def keep() -> None:
        while True:
            await sequencer.step(store)

    tasks = [asyncio.create_task(work) for work in (tail.run(), tail.listen(), keep())]
    made = create_app(
        WebParts(
            store=store,
            boards=boards,
            secret=b"w" * 32,
            public_url=PUBLIC_URL,
            clock=lambda: time.time_ns() // 1_000_000,
            network_per_min=6000,
            tick_ms=250,
            logs=tmp_path / "data" / "log",
            jobs_url=store_url,
        )
    )
    contract.hold(made)
    yield made
    # A cancellation that meets a finished read inside the Redis client can be swallowed: ask again.
    while waiting := {task for task in tasks if not task.done()}:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.2)
