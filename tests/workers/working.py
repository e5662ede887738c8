"""Real workers on two real stores: meetings on one, the queue on the other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.asyncio import Redis
from rq.job import Job

from server.acts import exports
from server.domain.export import Export, Stage
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.store import export_files, jobs
from server.store import exports as stored
from server.store.address import plain
from tests.acts.building import NOW
from workers.exporting import hand_over

PATIENCE_S = 90.0
LOOK_S = 0.02


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    """Return as soon as `look` is true."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await look():
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process a store of the queue that is slow is not taken for one that is away."""

    def connected(url: str, **_: object) -> redis.Redis:
        return plain(url, socket_timeout=PATIENCE_S)

    for module in (jobs, export_files):
        monkeypatch.setattr(module, "plain", connected)


@dataclass(frozen=True, slots=True)
class Works:
    """Where workers find everything."""

    store_url: str
    jobs_url: str
    folder: Path

    def environ(self) -> dict[str, str]:
        """What `run` would tell a worker."""
        secret = self.folder / "secret"
        secret.write_bytes(b"s" * 32)
        told = {"STORE_URL": self.store_url, "JOBS_URL": self.jobs_url, "SECRET_FILE": str(secret)}
        told |= {"DATA": str(self.folder / "data"), "PORT": "8000"}
        return {**os.environ, **{f"OPENFLOOR_{name}": value for name, value in told.items()}}

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[subprocess.Popen[bytes]]:
        """A worker in a process group of its own; killed with its job at the end.

        SIGHUP ends none of them: the kernel sends it to a job that is stopped when its worker is killed, as
        the last one of a group that nobody looks after."""
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.rq_worker"],
            env=self.environ(),
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        )
        try:
            yield process
        finally:
            kill_all(process)

    def queue(self) -> redis.Redis:
        """A client of the queue's store."""
        return redis.Redis.from_url(self.jobs_url)

    def has_begun(self, name: str) -> bool:
        """Whether a worker is at this job."""
        with self.queue() as queue:
            return Job.exists(name, queue) and Job.fetch(name, queue, serializer="json").is_started


def kill_all(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker. The job that it runs ends with it."""
    worker.kill()
    worker.wait()


def jobs_of(worker: subprocess.Popen[bytes]) -> list[int]:
    """The processes of the jobs that a worker runs."""
    listed = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def gone(pid: int) -> bool:
    """Whether a process has ended; whoever inherited it may not have asked yet how."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return told.rpartition(")")[2].split()[0] in "ZX"


async def caught(works: Works, worker: subprocess.Popen[bytes], name: str) -> int:
    """The process in which a worker runs this job, stopped: whoever looks first and stops then may stop the
    next trial of a job that ended by itself, where nothing is written, some seconds after it began."""
    found: list[int] = []

    async def stopped() -> bool:
        with contextlib.suppress(ProcessLookupError):
            for pid in jobs_of(worker)[:1]:
                os.kill(pid, signal.SIGSTOP)
                if works.has_begun(name):  # it was this process that said so
                    found.append(pid)
                    return True
                os.kill(pid, signal.SIGCONT)
        return False

    await until(stopped, "a job is caught")
    return found[0]


async def asked(store: Redis, meeting: Meeting, kind: str = "csv") -> Export:
    """An export that was just asked for, and that nobody has handed over yet."""
    return await exports.ask(store, meeting, from_bytes(os.urandom(16)), kind, "org:1", NOW)


async def settled(store: Redis, jobs_url: str, meeting: Meeting, id: str) -> Export:
    """The export once it is ready or failed; the clock's part is done meanwhile."""
    found: list[Export] = []

    async def look() -> bool:
        await hand_over(store, jobs_url, meeting.id)
        export = await stored.read(store, meeting.id, id)
        assert export is not None
        found.append(export)
        return export.stage in (Stage.READY, Stage.FAILED)

    await until(look, "the export is ready or failed")
    return found[-1]
