"""`run` as an operator starts it, and what it leaves in the process table."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"https?://\S+/organise/link#\S+")
ROLES = {
    "store": re.compile(r"(valkey|redis)-server"),
    "sequencer": re.compile(r"-m workers\.sequencer"),
    "clock": re.compile(r"-m workers\.clock"),
    "worker": re.compile(r"-m workers\.rq_worker"),
    "server": re.compile(r"-m server serve"),
}
SOON_S = 90.0  # a busy machine is slow, what is wrong stays wrong
ANSWER_S = 40.0  # until somebody who is there counts as not answering
_PORTS = itertools.count()
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, within_s: float = SOON_S) -> T:
    """What `look` finds as soon as it is true; the test fails in words when that takes too long."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port that was free a moment ago: below those that the system gives to whoever dials out, and
    never one that a test process beside this one asks for or that this one had before."""
    beside = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
    while True:
        port = 14_000 + 4_000 * beside + (os.getpid() * 37 + next(_PORTS)) % 4_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def clean_environ(**more: str) -> dict[str, str]:
    """An environment without anything of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENFLOOR_", "REDIS_"))}
    kept.pop("PUBLIC_URL", None)
    return kept | more


def command(*arguments: str) -> list[str]:
    """Our own command line in this environment."""
    return [sys.executable, "-m", "server", *arguments]


def refused(*arguments: str, cwd: Path = ROOT, **environ: str) -> str:
    """What a command that cannot go on says; it must end with status 1 and without a traceback."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=clean_environ(PYTHONPATH=str(ROOT), **environ),
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@dataclass(slots=True)
class Run:
    """One `run`. Its output is read to the end so that it never blocks."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self, until: str = "Organiser link") -> Run:
        """Start it and wait until it has said `until`."""
        environ = clean_environ(PYTHONPATH=str(ROOT), **self.environ)
        return self.start_as(command("run", *self.arguments), environ, until)

    def start_as(self, words: list[str], environ: dict[str, str], until: str) -> Run:
        """Start it by this command line and wait until it has said `until`."""
        self.said.clear()
        process = subprocess.Popen(
            words,
            cwd=self.cwd,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        self.process = process
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()
        self.wait_for(until)
        return self

    def _listen(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self.said.append(line)

    def wait_for(self, words: str) -> None:
        """Return once a line with these words was printed."""

        def look() -> bool:
            assert self.process is not None
            ended = self.process.poll() is not None
            assert not ended or words in self.text, f"it ended: {self.text[-2000:]}"
            return words in self.text

        eventually(look, f"{words!r} in {self.said[-20:]}")

    @property
    def text(self) -> str:
        return "".join(self.said)

    @property
    def url(self) -> str:
        """The address that it printed."""
        found = re.search(r"Openfloor is at (\S+)", self.text)
        assert found, self.text
        return found[1]

    @property
    def link(self) -> str:
        found = LINK.search(self.text)
        assert found, self.text
        return found[0]

    def children(self, role: str | None = None) -> list[int]:
        """Process ids below the parent, of one role or all."""
        assert self.process is not None
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_bytes().rpartition(b")")[2].split()
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
            except OSError:
                continue  # it ended while we looked
            ours = int(stat[1]) == self.process.pid and stat[0] != b"Z"
            if ours and (role is None or ROLES[role].search(line)):
                found.append(int(folder.name))
        return found

    def kill(self, role: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to the child of this role, as soon as there is one that gets it: who lost the store
        a moment ago may end by itself, or be on its way back. Its process id."""

        def told() -> int:
            for pid in self.children(role)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                    return pid
            return 0

        return eventually(told, f"a {role} is there")

    def ready(self) -> None:
        """Return once it takes writes: on a busy machine its first probe of the store may come late."""
        eventually(lambda: self.status("/readyz") == 200, "it is ready")

    def status(self, path: str, host: str | None = None) -> int:
        """The status of a GET, or 0 where nobody answers."""
        return get(self.url, path, host)[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status after this signal."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=SOON_S)


def get(url: str, path: str, host: str | None = None, trust: Path | None = None) -> tuple[int, str]:
    """Status and text of a GET; (0, "") where nobody answers. Certificates are checked by `trust`."""
    secure, _, where = url.partition("://")
    try:
        if secure == "https":
            context = ssl.create_default_context(cafile=str(trust) if trust else None)
            client: http.client.HTTPConnection = http.client.HTTPSConnection(
                where, timeout=ANSWER_S, context=context
            )
        else:
            client = http.client.HTTPConnection(where, timeout=ANSWER_S)
        client.request("GET", path, headers={"Host": host or where})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    except (ConnectionError, TimeoutError, http.client.HTTPException):
        return 0, ""
    finally:
        client.close()
