"""Exports: nothing that was asked for is lost, whatever dies in between, and each ends once and right."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import signal
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from rq import Queue
from rq.job import Job

from server.acts import erase, exports
from server.domain.export import Export, Stage
from server.store import export_files, jobs, keys
from server.store.jobs import Progress
from tests.acts.building import NOW, Town, live_town
from tests.launch.stores import other_store
from tests.workers.working import (
    Works,
    asked,
    be_patient,
    caught,
    gone,
    kill_all,
    settled,
    until,
)
from workers.exporting import hand_over


@pytest.fixture(scope="module")
def jobs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with other_store(tmp_path_factory.mktemp("jobs")) as url:
        yield url


@pytest.fixture
def works(store_url: str, jobs_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    be_patient(monkeypatch)
    made = Works(store_url, jobs_url, tmp_path)
    made.queue().flushall()
    return made


def content(works: Works, town: Town, export: Export) -> bytes:
    """The file of a ready export; its size and hash must be the told ones."""
    where = (works.jobs_url, town.meeting.id, export.id, export.sha256)
    found = export_files.piece(*where, 0)
    assert len(found) == export.size
    assert hashlib.sha256(found).hexdigest() == export.sha256
    return found


def rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def queued(works: Works) -> list[str]:
    with works.queue() as queue:
        return Queue(jobs.NAME, connection=queue, serializer="json").get_job_ids()


async def test_what_was_asked_for_is_made_though_queue_and_asker_are_gone(
    store: Redis, works: Works
) -> None:
    town = await live_town(store)
    await town.listed(text='=HYPERLINK("https://evil.example")')
    await town.ask(await town.attendee(), "This one waits, unread.")
    table, whole = await asked(store, town.meeting), await asked(store, town.meeting, "zip")
    # Whoever asked ended right after the commit: nothing stands on the queue.
    assert queued(works) == []
    hands = [hand_over(store, works.jobs_url, town.meeting.id) for _ in range(5)]
    await asyncio.gather(*hands)
    names = {table.job(town.meeting.id), whole.job(town.meeting.id)}
    assert sorted(queued(works)) == sorted(names)
    works.queue().flushall()
    async with works.worker():
        table = await settled(store, works.jobs_url, town.meeting, table.id)
        whole = await settled(store, works.jobs_url, town.meeting, whole.id)
    lines = rows(content(works, town, table))
    assert [line["text"] for line in lines] == ['\'=HYPERLINK("https://evil.example")', ""]
    assert [line["state"] for line in lines] == ["listed", "received"]
    packed = zipfile.ZipFile(io.BytesIO(content(works, town, whole)))
    assert {"README.txt", "record.json", "settings.json"} <= set(packed.namelist())
    record = json.loads(packed.read("record.json"))
    assert [one["text"] for one in record["questions"]] == [
        '=HYPERLINK("https://evil.example")',
        None,
    ]
    assert json.loads(packed.read("screened-out.json"))["screened_out"] == []


async def test_words_that_are_gone_are_told_as_gone(store: Redis, works: Works) -> None:
    town = await live_town(store)
    erased, lost, _ = [await town.listed(text=f"Who is zq-canary {n}?") for n in range(3)]
    await erase.erase_named(store, town.meeting, 1, erased.revision, "law", NOW)
    row = keys.question(town.meeting.id, lost.q)
    await store.hset(row, mapping={"text": "", "salt": "", "lost": "1"})
    table = await asked(store, town.meeting)
    async with works.worker():
        table = await settled(store, works.jobs_url, town.meeting, table.id)
    told = [(line["gone"], line["text"]) for line in rows(content(works, town, table))]
    assert told == [("erased", ""), ("lost", ""), ("", "Who is zq-canary 2?")]


@asynccontextmanager
async def held(store: Redis) -> AsyncIterator[None]:
    """Nothing is written to the meetings' store: jobs stop where they first would."""
    await store.execute_command("CLIENT", "PAUSE", "600000", "WRITE")  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await store.execute_command("CLIENT", "UNPAUSE")  # type: ignore[no-untyped-call]


async def test_a_job_whose_process_is_killed_runs_again_and_is_right_once(
    store: Redis, works: Works
) -> None:
    town = await live_town(store)
    question = await town.listed()
    export = await asked(store, town.meeting)
    name = export.job(town.meeting.id)
    async with works.worker() as worker:
        async with held(store):
            await hand_over(store, works.jobs_url, town.meeting.id)
            os.kill(await caught(works, worker, name), signal.SIGKILL)
        export = await settled(store, works.jobs_url, town.meeting, export.id)
    assert export.stage is Stage.READY
    assert [line["text"] for line in rows(content(works, town, export))] == [question.text]
    assert len(works.queue().keys("of:*")) == 1


async def test_a_job_of_a_killed_worker_is_run_by_the_next_one(store: Redis, works: Works) -> None:
    town = await live_town(store)
    await town.listed()
    export = await asked(store, town.meeting)
    name = export.job(town.meeting.id)
    async with works.worker() as first, held(store):
        await hand_over(store, works.jobs_url, town.meeting.id)
        job = await caught(works, first, name)
        kill_all(first)
        with suppress(ProcessLookupError):
            os.kill(job, signal.SIGCONT)

        async def ended() -> bool:
            return gone(job)

        await until(ended, "the job has ended, too")
    assert works.has_begun(name)  # a job that comes to its own end tells that
    assert jobs.progress(works.jobs_url, name) == (Progress.ALIVE, "")
    async with works.worker():
        with works.queue() as queue:
            # What each worker's upkeep does every 30 s, as it will find things in two minutes.
            registry = Queue(jobs.NAME, connection=queue, serializer="json").started_job_registry
            registry.cleanup(timestamp=time.time() + 120)
        export = await settled(store, works.jobs_url, town.meeting, export.id)
    assert export.stage is Stage.READY and export.attempt == 1
    assert len(rows(content(works, town, export))) == 1
    assert len(works.queue().keys("of:*")) == 1


async def test_a_poison_job_fails_without_its_words_and_can_be_tried_again(
    store: Redis, works: Works
) -> None:
    town = await live_town(store)
    question = await town.listed()
    await store.hset(keys.question(town.meeting.id, question.q), "state", "canarypoison")
    export = await asked(store, town.meeting)
    async with works.worker():
        export = await settled(store, works.jobs_url, town.meeting, export.id)
        assert (export.stage, export.error) == (Stage.FAILED, "ValueError")
        (failed,) = jobs.overview(works.jobs_url).failed
        assert (failed.work, failed.tried, failed.error) == (
            "workers.exports.job.write_export",
            3,
            "ValueError",
        )
        with works.queue() as queue:
            job = Job.fetch(failed.id, queue, serializer="json")
            told = [str(result.exc_string) for result in job.results()]
            assert told and "canary" not in "".join([*told, str(job.to_dict())])
        await store.hset(keys.question(town.meeting.id, question.q), "state", "listed")
        again = await exports.again(store, town.meeting, export.id, NOW)
        export = await settled(store, works.jobs_url, town.meeting, again.id)
    assert export.stage is Stage.READY
    assert jobs.dismiss(works.jobs_url, failed.id)
    assert jobs.overview(works.jobs_url).failed == ()
    assert not jobs.dismiss(works.jobs_url, failed.id)
