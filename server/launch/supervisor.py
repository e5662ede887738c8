"""Starts the children of one machine, restarts what ends, and stops all in order."""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from server.launch import ports
from server.launch.ready import READY_S

BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
HEALTHY_S = 10.0  # a child that lived so long starts again without delay
POLL_S = 0.05
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
READY = "OPENFLOOR_READY_FD"  # where a server says that it listens, when it takes another's place


class Ended(Exception):
    """Told to end before all was up."""


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `descriptors` stay open in it (the store's lock). The store `ends_last`: the others
    write their last words to it. A server listens on its `ports`: so does its successor before it ends."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    prepare: Callable[[], None] | None = None
    ends_last: bool = False
    ports: Sequence[socket.socket] = ()


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The children of one parent. `watch` returns, and stops them, once `end` was called.

    Whoever waits before that calls `check` in between. A signal's handler must call `end` and raise
    nothing: Python swallows what it raises while a process is forked, or inside a running event loop.
    """

    say: Callable[[str], None]
    stop_s: (
        float  # how long a child that was told to end may take (ending.py says what a server needs)
    )
    _running: list[_Running] = field(default_factory=list)
    _ending: bool = False
    _replacing: bool = False
    replaced: Callable[[bool], None] = lambda done: None  # told after a replacement: all, or not

    def start(self, child: Child) -> Callable[[], bool]:
        """Start a child; the returned function tells whether it lives."""
        running = _Running(child, self._spawn(child), time.monotonic())
        self._running.append(running)
        return lambda: running.process.poll() is None

    def _spawn(self, child: Child, says: int | None = None) -> subprocess.Popen[bytes]:
        told = ports.told(child.ports) | ({} if says is None else {READY: str(says)})
        passed = [*child.descriptors, *(one.fileno() for one in child.ports)]
        return subprocess.Popen(
            list(child.arguments),
            env={**child.environ, **told},
            stdin=subprocess.DEVNULL,
            pass_fds=passed if says is None else [*passed, says],
            start_new_session=True,  # Ctrl-C must reach us first, so that we stop in order
            preexec_fn=child.prepare,
        )

    def watch(self) -> None:
        """Restart children until told to end, then stop all and return. Whoever asks for new processes
        while they come is told when there are newer ones."""
        while not self._ending:
            self._look_at_all()
            if self._replacing:
                self._replacing = False
                done = self._replace_all()
                if self._ending or not self._replacing:
                    self.replaced(done)
        self.stop()

    def replace(self) -> None:
        """Let `watch` put a new process in the place of each; from a signal or another thread."""
        self._replacing = True

    def _look_at_all(self, apart: _Running | None = None) -> None:
        for running in self._running:
            if running is not apart:
                self._look_at(running)
        time.sleep(POLL_S)

    def _replace_all(self) -> bool:
        """A new process for each child but the store, one after the other; False where that came to no
        end. A server's successor listens on the same sockets before the server ends, so that nobody
        finds the door shut; of the others there is one each, so that one ends before the next begins."""
        for running in self._running:
            if running.child.ends_last or self._ending:
                continue
            fresh = self._successor(running) if running.child.ports else None
            if running.child.ports and fresh is None:
                if not self._ending:
                    self.say(
                        f"The successor of {running.child.name} did not start; it goes on as it is"
                    )
                return False
            self._end(running)
            self._begin(running, fresh or self._spawn(running.child))
            self.say(f"{running.child.name} was replaced")
        return not self._ending

    def _successor(self, running: _Running) -> subprocess.Popen[bytes] | None:
        """A second process of a server, once it listens; None where it does not come so far. A server
        that dies meanwhile is not started again beside its successor."""
        listens, says = os.pipe()
        with os.fdopen(listens, "rb", buffering=0) as told:
            fresh = self._spawn(running.child, says)
            os.close(says)
            deadline = time.monotonic() + READY_S
            while not _says(told) and time.monotonic() < deadline and not self._ending:
                self._look_at_all(apart=running)
            if _says(told) and told.read(1):  # b"" where it ended
                return fresh
        fresh.kill()
        fresh.wait()
        return None

    def _end(self, running: _Running) -> None:
        """End one child, and look at the others meanwhile."""
        running.process.terminate()
        deadline = time.monotonic() + self.stop_s
        while running.process.poll() is None and time.monotonic() < deadline:
            self._look_at_all(apart=running)
        self._wait(running, deadline)

    def _begin(self, running: _Running, process: subprocess.Popen[bytes]) -> None:
        running.process, running.started, running.restart_at = process, time.monotonic(), None

    def end(self) -> None:
        """Let `watch` stop all and return; from a signal or another thread."""
        self._ending = True

    def check(self) -> None:
        """Ended, once `end` was called."""
        if self._ending:
            raise Ended

    def _look_at(self, running: _Running) -> None:
        now = time.monotonic()
        code = running.process.poll()
        if code is None:
            return
        if running.restart_at is None:
            if now - running.started > HEALTHY_S:
                running.failures = 0
            wait = BACKOFF_S[min(running.failures, len(BACKOFF_S) - 1)]
            running.failures += 1
            ports.hush(running.child.ports)
            running.restart_at = now + wait
            self.say(f"{running.child.name} ended with {code}; starting it again in {wait} s")
        if now >= running.restart_at:
            running.process = self._spawn(running.child)
            running.started, running.restart_at = now, None

    def stop(self) -> None:
        """End the children together, then those that end last; what does not end in `stop_s` is killed.
        Their ports are closed."""
        for running in self._running:
            ports.close(running.child.ports)
        for last in (False, True):
            group = [one for one in self._running if one.child.ends_last is last]
            for running in group:
                if running.process.poll() is None:
                    running.process.terminate()
            deadline = time.monotonic() + self.stop_s
            for running in group:
                self._wait(running, deadline)

    def _wait(self, running: _Running, deadline: float) -> None:
        try:
            running.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{running.child.name} did not end; killing it")
            running.process.kill()  # a worker's job ends with it
            running.process.wait()


def _says(pipe: io.FileIO) -> bool:
    return bool(select.select([pipe], [], [], 0)[0])


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our own modules, in this environment."""
    return [sys.executable, "-m", module, *arguments]
