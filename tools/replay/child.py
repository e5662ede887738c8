"""A server of the replay's own: on a free port, with an empty data folder, stopped at the end."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tools.replay.door import ReplayFailed

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"https?://\S+/organise/link#\S+")
START_S = 60.0
STOP_S = 30.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


@asynccontextmanager
async def server(data: Path | None = None, port: int = 0) -> AsyncIterator[str]:
    """The organiser link of a running server, on a free port where `port` is 0; stopped on leaving."""
    with tempfile.TemporaryDirectory(prefix="openfloor-replay-") as folder:
        where = data or Path(folder) / "data"  # its keys lie beside it
        command = ["-m", "server", "run", "--port", str(port or free_port()), "--data", str(where)]
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
                child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(child.wait(), STOP_S)
            except TimeoutError:
                child.kill()
            if draining is not None:
                draining.cancel()
