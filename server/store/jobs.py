"""The job queue (RQ): enqueue by name, and what stands on it. JSON only; a job's arguments are ids,
never texts, and of a failure the kind of its error alone is told.

RQ's client is synchronous: call these in a thread. Nothing that a person waits for depends on a job.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import redis
from rq import Queue, Retry, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus

from server.store.address import plain

NAME = "openfloor"
TIMEOUT_S = 300
RETRIES = 2
RESULT_S = 60
FAILURE_S = 24 * 3600
SHOWN = 50
LOOKED_AT = 1_000  # failures that are read to be grouped
WORKER_S = 30  # an idle worker says that it lives half as often, one at work each 5 s
HEARD_S = 45


class Work(StrEnum):
    """What workers can do, by the function that does it."""

    ANALYSE = "workers.analysis.job.analyse_meeting"
    SWEEP = "workers.sweeping.forget_expired_organisers"
    EXPORT = "workers.exports.job.write_export"


class Progress(StrEnum):
    """Where a job is, as far as whoever asked for it must know."""

    NONE = "none"
    ALIVE = "alive"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Seen:
    """A job: its deed, the ids it works on, since when (epoch ms), how often it was tried, and where
    it failed the kind of the error; `times` counts jobs of the same deed that failed alike."""

    id: str
    work: str
    ids: tuple[str, ...]
    at: int
    tried: int
    error: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Overview:
    """The queue at one moment. `workers` are those that were heard lately."""

    depth: int
    workers: int
    running: tuple[Seen, ...]
    failed: tuple[Seen, ...]


def _queue(connection: redis.Redis) -> Queue:
    return Queue(NAME, connection=connection, serializer="json")


def enqueue(url: str, work: Work, job_id: str, *ids: str) -> bool:
    """Put a job on the queue once; False when one with this id is there already. Raises RedisError.

    Three tries without a pause between them: pauses would need RQ's scheduler, a process of its own.
    Who feeds the queue looks again anyway.
    """
    with plain(url, socket_timeout=2) as connection:
        try:
            _queue(connection).enqueue(
                work.value,
                *ids,
                job_id=job_id,
                unique=True,
                job_timeout=TIMEOUT_S,
                result_ttl=RESULT_S,
                failure_ttl=FAILURE_S,
                retry=Retry(max=RETRIES),
                description=work.value,
            )
        except DuplicateJobError:
            return False
    return True


def progress(url: str, job_id: str) -> tuple[Progress, str]:
    """Where the job with this id is, and the kind of its error where it failed."""
    with plain(url, socket_timeout=2) as connection:
        try:
            job = Job.fetch(job_id, connection=connection, serializer="json")
        except NoSuchJobError:
            return Progress.NONE, ""
        status = job.get_status(refresh=False)
        if status in (JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED):
            return Progress.FAILED, _error(job)
        return (Progress.DONE if status is JobStatus.FINISHED else Progress.ALIVE), ""


def workers(url: str) -> int:
    """How many workers were heard lately."""
    with plain(url, socket_timeout=2) as connection:
        return _heard(connection)


def overview(url: str) -> Overview:
    """All that stands on the queue, the newest failures first."""
    with plain(url, socket_timeout=2) as connection:
        queue = _queue(connection)
        running = queue.started_job_registry.get_job_ids()[:SHOWN]
        failed = queue.failed_job_registry.get_job_ids(desc=True, end=LOOKED_AT - 1)
        return Overview(
            depth=int(queue.count),
            workers=_heard(connection),
            running=tuple(_seen(job) for job in _jobs(connection, running)),
            failed=_alike(_seen(job) for job in _jobs(connection, failed)),
        )


def _jobs(connection: redis.Redis, ids: list[str]) -> list[Job]:
    found = Job.fetch_many(ids, connection=connection, serializer="json") if ids else []
    return [job for job in found if job is not None]


def _heard(connection: redis.Redis) -> int:
    now = datetime.now(UTC)
    found = Worker.all(connection=connection, serializer="json")
    beats = [worker.last_heartbeat for worker in found if worker.last_heartbeat]
    return sum((now - beat).total_seconds() < HEARD_S for beat in beats)


def _seen(job: Job) -> Seen:
    moment = job.ended_at or job.started_at or job.enqueued_at
    tried = 1 + RETRIES - (RETRIES if job.retries_left is None else job.retries_left)
    at = int(moment.timestamp() * 1000) if moment else 0
    ids = tuple(str(one) for one in job.args)
    return Seen(job.id, job.func_name or "", ids, at, tried, _error(job) if job.is_failed else "")


def _alike(failed: Iterable[Seen]) -> tuple[Seen, ...]:
    """One line for all failures of the same deed on the same ids: the newest, with their number."""
    found: dict[tuple[object, ...], Seen] = {}
    for seen in failed:
        kind = (seen.work, seen.ids)
        newest = found.get(kind)
        found[kind] = _counted(newest, seen.tried) if newest else seen
    return tuple(found.values())[:SHOWN]


def _counted(newest: Seen, tried: int) -> Seen:
    return Seen(
        newest.id,
        newest.work,
        newest.ids,
        newest.at,
        newest.tried + tried,
        newest.error,
        newest.times + 1,
    )


def _error(job: Job) -> str:
    """The kind of a failure: the exception's name. RQ says in its own words when a worker died."""
    result = job.latest_result()
    last = ((result.exc_string or "").strip().splitlines() if result else [])[-1:]
    if not last:
        return "unknown"
    if "Work-horse terminated" in last[0] or "AbandonedJobError" in last[0]:
        return "Killed"
    name, _, kind = last[0].partition(": ")
    name = name.rpartition(".")[2]
    return kind if name == "JobFailed" and kind.isidentifier() else name[:60]


def try_again(url: str, job_id: str) -> bool:
    """Put a failed job back on the queue, and forget those that failed alike; False when there is
    none with this id."""
    with plain(url, socket_timeout=2) as connection:
        registry = _queue(connection).failed_job_registry
        if job_id not in registry.get_job_ids():
            return False
        _forget(connection, job_id, but=job_id)
        registry.requeue(job_id)
    return True


def dismiss(url: str, job_id: str) -> bool:
    """Forget a failed job and those that failed alike; False when there is none with this id."""
    with plain(url, socket_timeout=2) as connection:
        if job_id not in _queue(connection).failed_job_registry.get_job_ids():
            return False
        _forget(connection, job_id, but="")
    return True


def _forget(connection: redis.Redis, job_id: str, but: str) -> None:
    registry = _queue(connection).failed_job_registry
    failed = _jobs(connection, registry.get_job_ids(desc=True, end=LOOKED_AT - 1))
    kinds = {(job.func_name, tuple(job.args)) for job in failed if job.id == job_id}
    for job in failed:
        if (job.func_name, tuple(job.args)) in kinds and job.id != but:
            registry.remove(job, delete_job=True)
