"""What was erased stays erased when an older copy of the store, or an archive with the words, comes back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import decide, erase
from server.acts.log_archive import beside
from server.acts.log_record import Records
from server.store import openings
from server.translog import leaf
from server.translog.checkpoint import log_id
from tests.acts.building import NOW, Town, live_town
from tests.sequencer.building import appealed, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from tests.sequencer.test_rebuilding import copied, put_back, wiped
from tests.web.browsing import Browser
from tests.web.test_told_record import site

CANARY = "zq-canary-words"


async def unpacked(store: Redis, folder: Path, town: Town) -> None:
    """An archive as it is now lies in the log's folder."""
    async with Records().of(folder / "data" / "log", town.meeting.id) as held:
        assert held is not None
        files = (await beside(store, town.meeting.id, held)).files
    for path, data in files.items():
        whole = log_folder(folder, town) / path
        whole.parent.mkdir(exist_ok=True)
        whole.write_bytes(data)


def holding(folder: Path) -> list[str]:
    """The files below the folder that hold the canary. A file of a store that is just closed may go."""
    found = []
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        with suppress(FileNotFoundError):
            found += [str(path)] if CANARY.encode() in path.read_bytes() else []
    return found


async def told_gone(store: Redis, folder: Path, town: Town, q: str) -> None:
    """No address, file or value holds the words."""
    assert holding(folder) == []
    assert not any(CANARY.encode() in value for value in (await copied(store)).values())
    browser = Browser(site(store, folder))
    acts = [leaf.parse(data) for data in leaves_of(folder, town)]
    noted = next(str(act.fields["note"]) for act in acts if act.kind == "q.screen")
    for name, status in ((q, 410), (noted, 404)):
        await browser.get(f"/log/{log_id(town.meeting.id)}/opening/{name}.json")
        assert browser.status == status and CANARY not in browser.text


async def test_an_erasure_also_takes_the_words_of_an_archive_that_lies_in_the_folder(
    store: Redis, tmp_path: Path
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    sequencer = sequencer_in(tmp_path)
    await settle(sequencer, store)
    await unpacked(store, tmp_path, town)
    assert len(holding(tmp_path)) == 5
    await erase.erase_named(store, town.meeting, 1, (await town.look(q)).revision, "law", NOW)
    await settle(sequencer, store)
    await told_gone(store, tmp_path, town, q)


@pytest.mark.parametrize("emptied", [True, False])
async def test_an_archive_from_before_an_erasure_brings_none_of_its_words_back(
    store: Redis, tmp_path: Path, emptied: bool
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    copy = await copied(store)
    await unpacked(store, tmp_path, town)
    lain = {path: path.read_bytes() for path in log_folder(tmp_path, town).glob("opening/*")}
    await erase.erase_named(store, town.meeting, 1, (await town.look(q)).revision, "law", NOW)
    await settle(sequencer_in(tmp_path), store)
    for path, data in lain.items():
        path.write_bytes(data)
    assert len(holding(tmp_path)) == 3
    await put_back(store, {} if emptied else copy)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(q)).erased == "law"
    await told_gone(store, tmp_path, town, q)


async def test_the_openings_of_an_archive_are_gone_once_their_words_are_in_the_store(
    store: Redis, tmp_path: Path
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    await unpacked(store, tmp_path, town)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(q)).note == f"{CANARY} note"
    assert holding(tmp_path) == [] and not (log_folder(tmp_path, town) / "opening").exists()
    acts = [leaf.parse(data) for data in leaves_of(tmp_path, town)]
    noted = next(str(act.fields["note"]) for act in acts if act.kind == "q.screen")
    assert await openings.of_layer(store, town.meeting.id, noted) is not None


async def test_the_original_wording_is_logged_as_the_end_of_the_other(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    moderator, m = await town.moderator(), town.meeting
    q = await town.submit(await town.attendee(), "Is this my wording?")
    await settle(sequencer, store)
    await decide.list_question(store, m, moderator, q, 1, NOW)
    await decide.word(store, m, moderator, q, 2, "Is this another wording?", NOW)
    await decide.word(store, m, moderator, q, 3, "Is this my wording?", NOW)
    await settle(sequencer, store)
    acts = [leaf.parse(data) for data in leaves_of(tmp_path, town)]
    told = [act.fields["c2"] is None for act in acts if act.kind == "q.word"]
    assert told == [False, True] and (await town.look(q)).wording == ""
