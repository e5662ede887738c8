"""One private store for the run, emptied for each test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from server.launch import embedded
from server.launch.supervisor import Child, Supervisor
from server.orphans import die_with_parent
from server.store import call
from server.store.client import connect
from server.store.loader import load
from tests.faults import listed
from tests.faults.sentinels import NEVER_MS, guarded

_LEFT_OUT: set[str] = set()

# Files that take longest, longest first: begun last, one of them would be waited for alone.
LONG = tuple(
    f"tests/{name}.py"
    for name in """
    journeys/test_pages demo/test_demo journeys/test_voting faults/test_floods faults/test_old_backup
    journeys/test_whole_meeting journeys/test_waiting journeys/test_town_hall journeys/test_first_visit
    replay/test_replay launch/test_restart launch/test_run acts/test_compact
    """.split()
)

# A property that holds slowly on a busy machine holds.
SLOW = (hypothesis.HealthCheck.too_slow,)
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=SLOW)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rounds N`: how often each fault of tests/faults comes. `--sentinels`: what store tests run on."""
    parser.addoption("--rounds", type=int, default=1, help="how often each fault comes")
    behind = "run on a store with a replica behind three Sentinels"
    parser.addoption("--sentinels", action="store_true", help=behind)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, all others as they were."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONG)))


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember the fault rounds that a default run leaves out."""
    _LEFT_OUT.update(item.nodeid for item in items if item.get_closest_marker("faults"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes tells the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = sorted(_LEFT_OUT)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each process looks at all tests, so that what they leave out is the same."""
    _LEFT_OUT.update(getattr(node, "workeroutput", {}).get("left_out", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have to tell; and how many were left out, and how to run them: nobody shall take
    them for passed."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, line in report.user_properties:
            if name == "told":
                terminalreporter.write_line(str(line))
    _tell_faults(terminalreporter)
    if _LEFT_OUT:
        files = ", ".join(sorted({name.partition("::")[0] for name in _LEFT_OUT}))
        terminalreporter.write_line(
            f"{len(_LEFT_OUT)} fault rounds not run (./openfloor test --faults runs them): {files}"
        )


def _tell_faults(terminalreporter: pytest.TerminalReporter) -> None:
    """Where one of the tests of tests/faults ran: the list of the faults, and what was skipped why."""
    outcomes: dict[str, list[str]] = {}
    for kind in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(kind, ()):
            word = "failed" if kind == "error" else kind
            if kind == "skipped" and isinstance(report.longrepr, tuple):
                word = report.longrepr[2].removeprefix("Skipped: ")
            outcomes.setdefault(report.nodeid, []).append(word)
    if not any(name.startswith("tests/faults/") for name in outcomes):
        return
    told = {fault.number: listed.line(fault, outcomes) for fault in listed.FAULTS}
    terminalreporter.section("faults")
    for text in filter(None, told.values()):
        terminalreporter.write_line(text)
    absent = ", ".join(str(number) for number, text in told.items() if not text)
    skipped = sum(" skipped: " in text for text in told.values())
    terminalreporter.write_line(
        f"{skipped} of {len(told)} have skipped tests; not in this run: {absent or 'none'}"
    )


@pytest.fixture(scope="session")
def store_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A store as `./openfloor run` starts it, on a socket of its own; or one behind Sentinels."""
    with tempfile.TemporaryDirectory(prefix="of-test-") as name:
        folder = Path(name)
        if pytestconfig.getoption("--sentinels"):
            with guarded(folder, NEVER_MS) as stores, pytest.MonkeyPatch.context() as patch:
                patch.setattr(call, "WAIT_MS", 20_000)  # a busy replica is no failure
                yield stores.url
            return
        supervisor = Supervisor(print, 60.0)
        binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
        arguments = embedded.arguments(binary, folder, folder / "store")
        child = Child("store", arguments, {}, (), die_with_parent())
        alive = supervisor.start(child)
        url = f"unix://{folder / 'store'}"
        embedded.wait_ready(url, alive)
        yield url
        supervisor.stop()


@pytest_asyncio.fixture
async def store(store_url: str, pytestconfig: pytest.Config) -> AsyncIterator[Redis]:
    """A client of the private store, empty but for the functions."""
    replicas = int(pytestconfig.getoption("--sentinels"))
    client = connect(store_url, timeout_s=30.0, replicas=replicas)  # a busy disk is no failure
    await client.flushall()
    await load(client)
    yield client
    await client.aclose()
