"""A server of the replay's own: on a free port, with an empty data folder, stopped at the end."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from tools.replay.door import ReplayFailed

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"https?://\S+/organise/link#\S+")
START_S = 180.0  # guards: `run` itself ends in words when its store or its servers do not come up,
STOP_S = 90.0  # and kills what does not end when it is told to
ENDING = (signal.SIGTERM, signal.SIGHUP)  # Ctrl-C is asyncio's own


async def _link(output: asyncio.StreamReader) -> str:
    said: list[str] = []
    async for raw in output:
        line = raw.decode(errors="replace")
        if found := LINK.search(line):
            return found[0]
        said.append(line)
    raise ReplayFailed(f"The server ended before it was up:\n{''.join(said[-20:])}")


async def _drain(output: asyncio.StreamReader) -> None:
    while await output.read(65536):
        pass


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Told to end, or left by its terminal, the running task is cancelled: what it started ends first."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise AssertionError("a server is started by a task")
    for number in ENDING:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in ENDING:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def server(data: Path | None = None, port: int = 0) -> AsyncIterator[str]:
    """The organiser link of a running server, on a free port where `port` is 0; stopped on leaving.
    SIGTERM and SIGHUP cancel the caller's task, which leaves."""
    with tempfile.TemporaryDirectory(prefix="openfloor-replay-") as folder, _ended_in_order():
        where = data or Path(folder) / "data"  # its keys lie beside it
        command = ["-m", "server", "run", "--port", str(port), "--data", str(where)]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the replay, which then stops it in order
        )
        output = child.stdout
        if output is None:
            raise AssertionError("the child was started with a pipe")
        draining: asyncio.Task[None] | None = None
        try:
            try:
                link = await asyncio.wait_for(_link(output), START_S)
            except TimeoutError:
                raise ReplayFailed(f"The server printed no link in {START_S:.0f} s.") from None
            draining = asyncio.create_task(_drain(output))
            yield link
        finally:
            with suppress(ProcessLookupError):
                child.terminate()
            try:
                await asyncio.wait_for(child.wait(), STOP_S)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    child.kill()  # its own children end with it
                await child.wait()
            if draining is not None:
                draining.cancel()
