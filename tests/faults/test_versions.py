"""The version before and this one serve the same people from one store, side by side."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import storm
from tests.faults.conftest import Tell
from tests.faults.machine import Machine, machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import ROOT, eventually, free_port

SIDE_BY_SIDE_S = 3.0
DAY_S = 24 * 3600


def told(*words: str) -> str:
    """What git says, '' where it knows nothing of it or the history is not here."""
    command = ["git", *words]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def before() -> str:
    """The tag of the last version before this one; where none was tagged yet, the commit that was the
    last one a day before this one was made; '' where the history has neither or is not here."""
    if tag := told("describe", "--tags", "--abbrev=0", "HEAD^"):
        return tag
    made = told("show", "--no-patch", "--format=%ct", "HEAD")
    return told("rev-list", "-1", f"--before={int(made) - DAY_S}", "HEAD") if made else ""


def unpacked(version: str, folder: Path) -> Path:
    """The tree of a version."""
    folder.mkdir()
    packed = subprocess.run(["git", "archive", version], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


@contextmanager
def older_server(made: Machine, tree: Path) -> Iterator[int]:
    """A server of another version on the same port and store."""
    (ours,) = made.run.children("server")
    given = Path(f"/proc/{ours}/environ").read_bytes().decode().split("\0")
    environ = dict(one.split("=", 1) for one in given if one) | {"PYTHONPATH": str(tree)}
    read, write = os.pipe()
    environ["OPENFLOOR_READY_FD"] = str(write)
    command = [sys.executable, "-m", "server", "serve"]
    process = subprocess.Popen(command, cwd=tree, env=environ, pass_fds=(write,))
    os.close(write)
    with os.fdopen(read, "rb", buffering=0) as ready:
        assert ready.read(1), "the server of the version before does not start"
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def sockets_of(pid: int) -> int:
    """How many sockets a process has open."""
    links = (os.path.realpath(link) for link in Path(f"/proc/{pid}/fd").iterdir())
    return sum("socket:" in link for link in links)


@pytest.mark.faults
async def test_two_versions_serve_the_same_people(tmp_path: Path, tell: Tell) -> None:
    version = before()
    if not version:
        pytest.skip("needs a version before this one: a tag, or a history of more than a day")
    made = machine(tmp_path, free_port(), None)
    await asyncio.to_thread(made.run.start)
    with older_server(made, unpacked(version, tmp_path / "before")) as older:

        async def side_by_side(machine: Machine) -> None:
            """Both serve."""
            (ours,) = machine.run.children("server")
            eventually(lambda: sockets_of(older) > 8 and sockets_of(ours) > 8, "both have people")
            await asyncio.sleep(SIDE_BY_SIDE_S)

        held = await storm.storm(made, side_by_side)
    assert await asyncio.to_thread(made.run.stop) == 0
    judge_proofs(made, made.receipts)
    tell(f"{version[:12]} beside this version: {held}")
