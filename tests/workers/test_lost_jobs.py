"""Between the commit of a question and its job nothing is lost: the clock puts on the queue what the store
says is to be done, whoever died, and whatever became of the queue (decisions/0013)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from rq import Queue

from server.domain.meeting import Phase
from server.store import analysis, jobs, keys, meetings
from tests.acts.building import NOW, Town, live_town
from tests.launch.running import free_port
from tests.launch.stores import other_store
from tests.workers.working import Works, asked, be_patient, until
from workers.clock import Clock


@pytest.fixture
def works(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    be_patient(monkeypatch)
    with other_store(tmp_path / "jobs") as url:
        yield Works(store_url, url, tmp_path)


def queued(works: Works) -> list[str]:
    with works.queue() as queue:
        return Queue(jobs.NAME, connection=queue, serializer="json").get_job_ids()


def meant_for(works: Works, town: Town) -> list[str]:
    return [name for name in queued(works) if name.startswith(f"analysis-{town.meeting.id}")]


async def test_a_question_is_analysed_though_everybody_died_after_its_commit(
    store: Redis, works: Works
) -> None:
    town = await live_town(store)
    people = [await town.attendee() for _ in range(2)]
    first, copy = [await town.ask(one, "Will the canteen open again?") for one in people]
    assert queued(works) == []
    await Clock(works.jobs_url, "one").step(store)
    (name,) = meant_for(works, town)
    # The queue goes, and so do the clock's lease and memory: another clock begins from the store.
    works.queue().flushall()
    await store.delete(keys.CLOCK)
    await Clock(works.jobs_url, "two").step(store)
    (again,) = meant_for(works, town)
    assert again.rpartition("-")[0] == name.rpartition("-")[0]
    async with works.worker():

        async def done() -> bool:
            return await analysis.done(store, town.meeting.id) == "2"

        await until(done, "both questions are analysed")
    firsts = await analysis.firsts(store, town.meeting.id, [first.q, copy.q])
    assert set(firsts.values()) == {first.q}


async def test_a_worker_keeps_what_the_first_analysis_needed(store: Redis, works: Works) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    async with works.worker() as worker:
        for count in ("1", "2"):
            await town.ask(asker, f"Is this question number {count}?")
            work = (works.jobs_url, jobs.Work.ANALYSE, f"analysis-{count}", town.meeting.id)
            await asyncio.to_thread(jobs.enqueue, *work)

            async def done(count: str = count) -> bool:
                return await analysis.done(store, town.meeting.id) == count

            await until(done, "it is analysed")
            assert "numpy" in Path(f"/proc/{worker.pid}/maps").read_text()


async def test_windows_close_on_time_while_the_store_of_the_queue_is_away(store: Redis) -> None:
    town = await live_town(store, asking_until=NOW - 1000)
    await town.ask(await town.attendee())
    await asked(store, town.meeting)
    clock = Clock(f"redis://127.0.0.1:{free_port()}/0", "one")
    await clock.step(store)
    await clock.step(store)
    stands = await meetings.read(store, town.meeting.id)
    assert stands is not None and stands.phase is Phase.LIVE
    assert not stands.asking
