"""Starts the plain Quart variant (tests/load/plain_quart.py) beside the product, on its store."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.bench import machine
from tools.bench.product import ROOT, START_S, BenchFailed, Product, Stage


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_listening(process: subprocess.Popen[bytes], port: int, what: str) -> None:
    """Return once somebody listens there; BenchFailed when the process ends first."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise BenchFailed(f"{what} did not start; its messages are above.")


@contextmanager
def running(product: Product, stage: Stage, cores: machine.Cores) -> Iterator[tuple[int, int]]:
    """Port and process id of a plain variant that serves the stage's meeting; ended on leaving."""
    port = free_port()
    arguments = [product.store_url, product.secret.hex(), stage.meeting.id, str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.plain_quart", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_listening(process, port, "The plain Quart variant")
        machine.pin(process.pid, cores.server)
        yield port, process.pid
    finally:
        process.kill()  # it has no orderly end worth waiting for
        process.wait()
