"""Meetings on one store, the queue on another, and a kill between any two steps from the commit of a question
or an export to its job's end: each job is done, once (decisions/0013)."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rq import Queue

import workers.clock
from server.domain.export import Export, Stage
from server.store import analysis, export_files, jobs, question_rows
from server.store import exports as stored
from server.store.client import connect
from tests.acts.building import Town, live_town
from tests.launch.stores import other_store
from tests.workers.cutting import Life
from tests.workers.working import PATIENCE_S, Works, asked, be_patient, settled
from workers.analysis.job import analyse
from workers.clock import Clock
from workers.exports.job import make

WHOLE = 1_000  # commands: more than any of these processes needs
Work = Callable[[Redis, str], Awaitable[object]]


@pytest.fixture(scope="module")
def jobs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with other_store(tmp_path_factory.mktemp("jobs")) as url:
        yield url


@pytest.fixture
def works(store_url: str, jobs_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    monkeypatch.setattr(workers.clock, "PERIOD_S", 0.0)
    monkeypatch.setattr("redis.retry.sleep", lambda _: None)  # the dead do not try again
    be_patient(monkeypatch)  # slow is not dead
    return Works(store_url, jobs_url, tmp_path)


async def lives(works: Works, commands: int, work: Work) -> bool:
    """Do this in a process that dies after so many commands; True when it came to its end."""
    life = Life(commands)
    async with life.line(works.store_url) as near, life.line(works.jobs_url) as far:
        store = connect(near, timeout_s=PATIENCE_S)  # slow is not dead
        with contextlib.suppress(RedisError):
            await work(store, far)
        await store.aclose()
    return not life.dead


async def busy_town(store: Redis, works: Works) -> tuple[Town, Export]:
    """Two empty stores with one meeting, in which two people asked the same, and an export was asked for."""
    await store.flushall()
    works.queue().flushall()
    town = await live_town(store)
    for _ in range(2):
        await town.ask(await town.attendee(), "Will the canteen open again?")
    return town, await asked(store, town.meeting, "json")


async def one_round(store: Redis, jobs_url: str) -> None:
    """What the clock does each second."""
    await Clock(jobs_url, "clock").step(store)


async def test_a_clock_that_is_killed_at_any_command_loses_no_job(
    store: Redis, works: Works
) -> None:
    for commands in range(WHOLE):
        town, export = await busy_town(store, works)
        whole = await lives(works, commands, one_round)
        await one_round(store, works.jobs_url)
        with works.queue() as queue:
            names = Queue(jobs.NAME, connection=queue, serializer="json").get_job_ids()
        assert names.count(export.job(town.meeting.id)) == 1, commands
        # Under the number of the minute, too: twice where that just changed.
        analyses = [name for name in names if name.startswith(f"analysis-{town.meeting.id}-0-")]
        assert len(analyses) in (1, 2) and len(set(analyses)) == len(analyses), commands
        if whole:
            break
    assert 20 < commands < WHOLE - 1


async def test_a_job_whose_worker_was_killed_right_after_taking_it_is_done_by_the_next_one(
    store: Redis, works: Works
) -> None:
    town, export = await busy_town(store, works)
    await one_round(store, works.jobs_url)
    with works.queue() as connection:
        queue = Queue(jobs.NAME, connection=connection, serializer="json")
        between, name = queue.intermediate_queue, export.job(town.meeting.id)
        connection.lrem(queue.key, 1, name)
        connection.lpush(between.key, name)
        # As each worker's upkeep will find it in two minutes.
        connection.set(between.get_first_seen_key(name), time.time() - 120)
    async with works.worker():
        found = await settled(store, works.jobs_url, town.meeting, export.id)
    assert (found.stage, found.attempt) == (Stage.READY, 1)


async def test_an_export_whose_job_is_killed_at_any_command_is_right_when_it_runs_again(
    store: Redis, works: Works
) -> None:
    for commands in range(WHOLE):
        town, export = await busy_town(store, works)
        m = town.meeting.id

        async def work(store: Redis, jobs_url: str, m: str = m, id: str = export.id) -> None:
            await make(store, jobs_url, works.folder / "log", m, id, 1)

        whole = await lives(works, commands, work)
        await work(store, works.jobs_url)
        found = await stored.read(store, m, export.id)
        assert found is not None and found.stage is Stage.READY, commands
        file = export_files.piece(works.jobs_url, m, export.id, found.sha256, 0)
        assert hashlib.sha256(file).hexdigest() == found.sha256, commands
        # What a dead one left goes by itself.
        with works.queue() as queue:
            assert all(queue.ttl(key) > 0 for key in queue.keys("of:*")), commands
        if whole:
            break
    assert 20 < commands < WHOLE - 1


async def test_an_analysis_that_is_killed_at_any_command_is_right_when_it_runs_again(
    store: Redis, works: Works
) -> None:
    for commands in range(WHOLE):
        town, _ = await busy_town(store, works)
        m = town.meeting.id

        async def work(store: Redis, _: str, m: str = m) -> None:
            await analyse(store, m)

        whole = await lives(works, commands, work)
        await work(store, "")
        assert await analysis.done(store, m) == "2", commands
        first, copy = [await question_rows.by_number(store, m, n) for n in (1, 2)]
        assert first is not None and copy is not None
        firsts = await analysis.firsts(store, m, [first.q, copy.q])
        assert set(firsts.values()) == {first.q}, commands
        if whole:
            break
    assert 5 < commands < WHOLE - 1
