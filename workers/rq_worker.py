"""The RQ worker: forks for each job, JSON only, looks after dead jobs every 30 s.

What an analysis needs is loaded by the worker itself when the first one comes, and stays: each job's process
would load it again, for a second of a core.

A worker that was killed leaves its job marked as started; whichever worker lives finds it there 60 to
95 s later and runs it again (docs/operating.md).
"""

from __future__ import annotations

import importlib
import sys
import time

import redis
import structlog
from rq import Queue, Worker
from rq.job import Job

from server import journal
from server.orphans import die_with_parent
from server.store import jobs
from server.store.address import plain
from workers.running import settings_or_end

RETRY_S = 0.5
MAINTENANCE_S = 30
MONITOR_S = 5


class _Keeping(Worker):
    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        if job.description == jobs.Work.ANALYSE:
            importlib.import_module(jobs.Work.ANALYSE.rpartition(".")[0])
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the job's process, which is in no group of the worker's: end with a worker that is killed."""
        if bind := die_with_parent(self.pid):
            bind()
        super().main_work_horse(job, queue)


def main() -> None:
    """Work until SIGTERM. While the store is away, wait for it; one that goes ends the process, which is
    started again."""
    journal.set_up()
    settings = settings_or_end()
    connection = plain(settings.jobs_url)
    while True:
        try:
            connection.ping()
            break
        except redis.RedisError:
            time.sleep(RETRY_S)
    queue = Queue(jobs.NAME, connection=connection, serializer="json")
    worker = _Keeping(
        [queue],
        connection=connection,
        serializer="json",
        maintenance_interval=MAINTENANCE_S,
        job_monitoring_interval=MONITOR_S,
        worker_ttl=jobs.WORKER_S,
    )
    try:
        worker.work(logging_level="WARNING")
    except redis.RedisError as error:
        structlog.get_logger().warning("jobs_store_away", error=type(error).__name__)
        sys.exit(1)


if __name__ == "__main__":
    main()
