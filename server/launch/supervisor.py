"""Starts the children of one machine, restarts what ends, and stops all in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
HEALTHY_S = 10.0  # a child that lived so long starts again without delay
STOP_S = 10.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `descriptors` stay open in it (the store's lock). The store `ends_last`: the others
    write their last words to it."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    prepare: Callable[[], None] | None = None
    ends_last: bool = False


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The children of one parent. `watch` returns, and stops them, once `end` was called."""

    say: Callable[[str], None]
    _running: list[_Running] = field(default_factory=list)
    _ending: bool = False

    def start(self, child: Child) -> Callable[[], bool]:
        """Start a child; the returned function tells whether it lives."""
        running = _Running(child, self._spawn(child), time.monotonic())
        self._running.append(running)
        return lambda: running.process.poll() is None

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(child.arguments),
            env=dict(child.environ),
            stdin=subprocess.DEVNULL,
            pass_fds=child.descriptors,
            start_new_session=True,  # Ctrl-C must reach us first, so that we stop in order
            preexec_fn=child.prepare,
        )

    def watch(self) -> None:
        """Restart children until SIGTERM or SIGINT, then stop all and return."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.end())
        while not self._ending:
            for running in self._running:
                self._look_at(running)
            time.sleep(POLL_S)
        self.stop()

    def end(self) -> None:
        """Let `watch` stop all and return; from a signal or another thread."""
        self._ending = True

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
            running.restart_at = now + wait
            self.say(f"{running.child.name} ended with {code}; starting it again in {wait} s")
        if now >= running.restart_at:
            running.process = self._spawn(running.child)
            running.started, running.restart_at = now, None

    def stop(self) -> None:
        """End the children together, then those that end last; what does not end in STOP_S is killed."""
        for last in (False, True):
            group = [one for one in self._running if one.child.ends_last is last]
            for running in group:
                if running.process.poll() is None:
                    running.process.terminate()
            deadline = time.monotonic() + STOP_S
            for running in group:
                self._wait(running, deadline)

    def _wait(self, running: _Running, deadline: float) -> None:
        try:
            running.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{running.child.name} did not end; killing it")
            # The group: a worker's job is a process of its own.
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our own modules, in this environment."""
    return [sys.executable, "-m", module, *arguments]
