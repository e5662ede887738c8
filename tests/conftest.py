"""One private store for the run, emptied for each test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from server.launch import embedded
from server.launch.supervisor import Child, Supervisor
from server.store.client import connect
from server.store.loader import load
from tests.faults import storm

_LEFT_OUT: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rounds N`: how often each fault of tests/faults comes."""
    parser.addoption("--rounds", type=int, default=1, help="how often each fault comes")


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember the fault rounds that a default run leaves out."""
    _LEFT_OUT.extend(item.nodeid for item in items if item.get_closest_marker("faults"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many were left out, and how to run them: nobody shall take them for passed."""
    for line in storm.said:
        terminalreporter.write_line(line)
    if _LEFT_OUT:
        files = ", ".join(sorted({name.partition("::")[0] for name in _LEFT_OUT}))
        terminalreporter.write_line(
            f"{len(_LEFT_OUT)} fault rounds not run (./openfloor test --faults runs them): {files}"
        )


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
