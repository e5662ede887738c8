"""The job queue (RQ): enqueue by name, and what failed. JSON only; a job's arguments are ids, never texts.

RQ's client is synchronous: call these in a thread. Nothing that a person waits for depends on a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import redis
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job

from server.store.address import plain

NAME = "openfloor"
TIMEOUT_S = 300
RESULT_S = 60
FAILURE_S = 24 * 3600
SHOWN = 50


class Work(StrEnum):
    """What workers can do, by the function that does it."""

    ANALYSE = "workers.analysis.job.analyse_meeting"
    SWEEP = "workers.sweeping.forget_expired_organisers"


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed for good: its id, its deed, when (epoch s), and the kind of error alone."""

    id: str
    work: str
    at: int
    error: str


def _queue(connection: redis.Redis) -> Queue:
    return Queue(NAME, connection=connection, serializer="json")


def enqueue(url: str, work: Work, job_id: str, *ids: str) -> bool:
    """Put a job on the queue once; False when one with this id is there already. Raises RedisError."""
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
                retry=Retry(max=3, interval=[1, 5, 20]),
                description=work.value,
            )
        except DuplicateJobError:
            return False
    return True


def depth(url: str) -> int:
    """How many jobs wait."""
    with plain(url, socket_timeout=2) as connection:
        return int(_queue(connection).count)


def failures(url: str) -> list[Failure]:
    """The newest failed jobs, at most SHOWN. Tracebacks stay in the worker's own log."""
    with plain(url, socket_timeout=2) as connection:
        queue = _queue(connection)
        ids = queue.failed_job_registry.get_job_ids(desc=True)[:SHOWN]
        found = Job.fetch_many(ids, connection=connection, serializer="json")
        return [_failure(job) for job in found if job is not None]


def _failure(job: Job) -> Failure:
    result = job.latest_result()
    last = (result.exc_string or "").strip().splitlines()[-1:] if result else []
    ended = int(job.ended_at.timestamp()) if job.ended_at else 0
    return Failure(
        job.id, job.func_name or "", ended, last[0].partition(":")[0] if last else "unknown"
    )


def try_again(url: str, job_id: str) -> bool:
    """Put a failed job back on the queue; False when there is none with this id."""
    with plain(url, socket_timeout=2) as connection:
        registry = _queue(connection).failed_job_registry
        if job_id not in registry.get_job_ids():
            return False
        registry.requeue(job_id)
    return True
