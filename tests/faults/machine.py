"""A whole Openfloor on a machine whose disk and clock a test rules (shim.c)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from server.launch import embedded
from tests.launch.running import Run, eventually
from tools.replay.attendee import Attendee

SHIM = Path(__file__).with_name("shim.c")
STORE = '#!/bin/sh\nexec env {environ} "{binary}" "$@" {more}\n'


class NoCompiler(Exception):
    """The shim cannot be made here."""


def compiled(folder: Path) -> Path:
    """The shim as a library; NoCompiler where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("needs a C compiler (apt-get install -y gcc libc6-dev)")
    made = folder / "shim.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", made, SHIM, "-ldl"], check=True)
    return made


@dataclass(slots=True)
class Machine:
    """`run` on one data folder and port; every process of it has the shim where one is given."""

    folder: Path
    run: Run
    organiser: str = ""  # a token, once somebody used the first link
    receipts: dict[str, str] = field(default_factory=dict)  # all proofs given, by question
    voters: list[Attendee] = field(default_factory=list)  # those of the storm that goes on

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def rule(self, *, delay_ms: int = 0, clock_s: int = 0) -> None:
        """From now on each sync takes so much longer, and the clock on the wall is so wrong."""
        with (self.folder / "control").open("r+b") as file:
            file.write(struct.pack("qq", delay_ms, clock_s))

    def kill(self, role: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to the child of this role. Its process id."""
        return self.run.kill(role, number)

    def crash(self) -> None:
        """kill -9 of everything at once. The parent stands still first, so that nothing is started again
        after one has looked who is there."""
        process = self.run.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{process.pid}/stat")
        eventually(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "it stands")
        children = self.run.children()
        process.kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):  # ended with its parent already
                os.kill(pid, signal.SIGKILL)
        process.wait()
        eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in children), "ended")

    def lose_power(self) -> int:
        """Crash, then take back what no sync had reached: how many bytes were lost."""
        self.crash()
        safe: dict[str, int] = {}
        for line in (self.folder / "synced").read_text().splitlines():
            size, _, name = line.partition(" ")
            safe[name] = int(size)
        lost = 0
        for path in (self.data / "appendonlydir").glob("*.incr.aof"):
            kept = min(safe.get(str(path), 0), path.stat().st_size)
            lost += path.stat().st_size - kept
            os.truncate(path, kept)
        for path in (self.data / "log").glob("*.sqlite3*"):
            copy = self.folder / "copies" / path.name
            path.unlink()  # of the index beside the log of writes nothing is ever synced
            if copy.exists():
                shutil.copyfile(copy, path)
        return lost

    def restart(self) -> None:
        """Start again on the same data and port."""
        self.run.start()


def machine(folder: Path, port: int, shim: Path | None, store_options: str = "") -> Machine:
    """Prepare a machine; `store_options` come last on the store's command line."""
    environ: dict[str, str] = {}
    if shim is not None:
        (folder / "control").write_bytes(bytes(16))
        (folder / "copies").mkdir()
        loaded = {
            "LD_PRELOAD": str(shim),
            "FAULTS_LOG": str(folder / "synced"),
            "FAULTS_COPIES": str(folder / "copies"),
            "FAULTS_CONTROL": str(folder / "control"),
        }
        store = folder / "store.sh"
        named = " ".join(f'{name}="{value}"' for name, value in loaded.items())
        binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
        store.write_text(STORE.format(environ=named, binary=binary, more=store_options))
        store.chmod(0o700)
        environ = {**loaded, "OPENFLOOR_REDIS_BIN": str(store)}
    arguments = ("--port", str(port), "--data", str(folder / "data"))
    return Machine(folder, Run(arguments, environ))
