"""One private store for the run, emptied for each test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from server.launch import embedded
from server.launch.supervisor import Child, Supervisor
from server.store.client import connect
from server.store.loader import load


@pytest.fixture(scope="session")
def store_url() -> Iterator[str]:
    """A store as `./openfloor run` starts it, on a socket of its own."""
    folder = Path(tempfile.mkdtemp(prefix="of-test-"))
    supervisor = Supervisor(print)
    binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
    arguments = embedded.arguments(binary, folder, folder / "store")
    child = Child("store", arguments, {}, (), embedded.die_with_parent())
    alive = supervisor.start(child)
    url = f"unix://{folder / 'store'}"
    embedded.wait_ready(url, alive)
    yield url
    supervisor.stop()


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Redis]:
    """A client of the private store, empty but for the functions."""
    client = connect(store_url)
    await client.flushall()
    await load(client)
    yield client
    await client.aclose()
