"""What organisers are told after their store was rebuilt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from server.store import sequencing
from server.store.rebuilding import rebuilt
from server.translog.leaf import Leaf
from server.web.record_values import runs
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import busy, rows, wiped
from workers.sequencer import returning
from workers.sequencer.overruling import Held, Overruling
from workers.sequencer.replaying import Replaying


async def test_organisers_are_told_whose_text_is_lost_also_after_a_rebuilding_that_was_killed(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = await busy(store, tmp_path)
    assert await rebuilt(store, town.meeting.id) is None
    await wiped(store)
    take, turns = Replaying.take, iter(range(1000))

    async def killed(self: Replaying, *given: object, **more: object) -> Leaf:
        found = await take(self, *given, **more)  # type: ignore[arg-type]
        if next(turns) == 20:
            raise RedisError("gone")
        return found

    monkeypatch.setattr(Replaying, "take", killed)
    with pytest.raises(RedisError):
        await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    told = await rebuilt(store, town.meeting.id)
    assert told is not None and told[1] == list(range(1, 9))
    assert runs(told[1]) == "1–8" and runs([1, 3, 4]) == "1, 3–4"


async def test_the_journal_counts_what_is_lost_and_names_the_first_alone(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "NAMED", 3)
    await busy(store, tmp_path)
    await wiped(store)
    with capture_logs() as told:
        await settle(sequencer_in(tmp_path), store)
    (line,) = [one for one in told if one["event"] == "store_rebuilt"]
    assert (line["texts_lost"], line["first_lost"]) == (8, [1, 2, 3])
    assert (line["decisions_overruled"], line["first_overruled"]) == (0, [])


async def test_what_a_killed_rebuilding_put_into_the_intake_is_kept_by_name_alone(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "PAGE", 2)
    town, _ = await busy(store, tmp_path)
    before = await rows(store, town)
    await wiped(store)
    release, kept = returning.Returning.release, dict[str, tuple[str, str | None]]()

    async def killed(self: returning.Returning) -> None:
        monkeypatch.setattr(returning.Returning, "release", release)
        raise RedisError("gone")

    def seen(redis: Redis, meeting: str, held: Held, logged: Callable[[str], bool]) -> Overruling:
        kept.update(held)
        return Overruling(redis, meeting, held, logged)

    monkeypatch.setattr(returning.Returning, "release", killed)
    with pytest.raises(RedisError):
        await settle(sequencer_in(tmp_path), store)
    monkeypatch.setattr(returning, "Overruling", seen)
    entries = [one async for page in sequencing.pages(store, town.meeting.id, "+") for one in page]
    await settle(sequencer_in(tmp_path), store)
    decisions = {entry["id"] for _, entry in entries if entry["id"].startswith("d:")}
    assert len(decisions) > 10 and {kept[name][1] for name in decisions} == {None}
    assert await rows(store, town) == before
