"""A whole server as an operator starts it: parent and children, to be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.launch.running import SOON_S, free_port
from tools.replay.child import LINK, ROOT

PARTS = {
    "store": re.compile(r"valkey-server|redis-server"),
    "server": re.compile(r"-m server serve"),
    "sequencer": re.compile(r"-m workers\.sequencer"),
    "worker": re.compile(r"-m workers\.rq_worker"),
}


def _parents() -> dict[int, tuple[int, str]]:
    """Every process: its parent and its command line."""
    found: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
        except OSError:
            continue  # it ended while we looked
        found[int(folder.name)] = (int(stat[1]), line)
    return found


@dataclass(slots=True)
class RunningServer:
    """`run` on one data folder and port. Its output is read to the end so that it never blocks."""

    data: Path
    port: int = field(default_factory=free_port)
    link: str = ""
    said: list[str] = field(default_factory=list)
    _parent: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it has printed an organiser link."""
        command = [sys.executable, "-m", "server", "run", "--port", str(self.port)]
        self._parent = subprocess.Popen(
            [*command, "--data", str(self.data)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        output = self._parent.stdout
        assert output is not None
        for line in output:
            self.said.append(line)
            if found := LINK.search(line):
                self.link = found[0]
                break
        else:
            raise AssertionError("".join(self.said[-30:]))
        threading.Thread(target=self._listen, args=(output,), daemon=True).start()

    def _listen(self, output: IO[str]) -> None:
        with output:  # closed here: orphans of a killed parent may hold it open for a while
            self.said.extend(output)

    def kill(self, part: str) -> int:
        """kill -9 of a part: store, server, worker or parent. Its process id."""
        parent = self._parent
        assert parent is not None
        if part == "parent":
            parent.kill()
            parent.wait()
            return parent.pid
        pid = self.find(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def find(self, part: str) -> int:
        """The process id of the parent or of a part below it."""
        parent = self._parent
        assert parent is not None
        if part == "parent":
            return parent.pid
        for pid, (above, line) in _parents().items():
            if above == parent.pid and PARTS[part].search(line):
                return pid
        raise AssertionError(f"there is no {part} below the parent")

    def stop(self) -> int:
        """Stop it as Ctrl-C does; its exit status."""
        assert self._parent is not None
        self._parent.terminate()
        return self._parent.wait(timeout=SOON_S)
