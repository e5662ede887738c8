"""Words in a log's folder that the system does not let us remove: everything goes on, and it is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import erase
from server.store import sequencing
from tests.acts.building import NOW, Town
from tests.sequencer.building import appealed, sequencer_in, settle
from tests.sequencer.test_erased_back import CANARY, holding, unpacked
from tests.sequencer.test_meeting import log_folder
from tests.sequencer.test_overruled import goes_on
from tests.sequencer.test_rebuilding import wiped
from workers.sequencer import rebuilding


def stuck(folder: Path, town: Town) -> Path:
    """Something in `opening/` that cannot be removed as a file, whoever we are."""
    made = log_folder(folder, town) / "opening" / "stuck.json"
    (made / "in").mkdir(parents=True)
    return made


async def left(store: Redis, town: Town) -> int:
    """Of how many logs words are said to be left."""
    return (await sequencing.standing(store, [town.meeting.id], NOW)).words_left


async def test_a_rebuilding_ends_where_an_opening_cannot_be_removed_and_it_is_told_until_it_can(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    await unpacked(store, tmp_path, town)
    path = stuck(tmp_path, town)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(q)).note == f"{CANARY} note"
    assert holding(tmp_path) == [] and path.exists()
    assert await left(store, town) == 1
    assert await sequencing.all_left(store, [town.meeting.id, "other"]) == [town.meeting.id]
    await goes_on(store, town)
    sequencer = sequencer_in(tmp_path)  # a later start knows of it, and tries again
    await settle(sequencer, store)
    assert await left(store, town) == 1
    shutil.rmtree(path)
    monkeypatch.setattr(rebuilding, "TRY_S", 0.0)
    await sequencer.step(store)
    assert await left(store, town) == 0 and not path.parent.exists()


async def test_an_erasure_is_logged_where_words_of_an_archive_cannot_be_read_and_it_is_told(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    sequencer = sequencer_in(tmp_path)
    await settle(sequencer, store)
    await unpacked(store, tmp_path, town)
    path = stuck(tmp_path, town)
    await erase.erase_named(store, town.meeting, 1, (await town.look(q)).revision, "law", NOW)
    await settle(sequencer, store)
    assert holding(tmp_path) == [] and await left(store, town) == 1
    monkeypatch.setattr(rebuilding, "TRY_S", 0.0)
    await sequencer.step(store)
    assert await left(store, town) == 1
    shutil.rmtree(path)
    await sequencer.step(store)
    assert await left(store, town) == 0
