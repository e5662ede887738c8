"""A long log is held against its root in turns after a start, and no other log waits for it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.store import keys, typed
from server.store import sequencing as sequencing_of
from server.translog.anchor import ANCHOR
from server.translog.tile import WIDTH
from tests.acts.building import Town, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_anchoring import anchored
from tests.sequencer.test_meeting import leaves_of, log_folder
from tests.sequencer.test_rebuilding import busy, rows, wiped
from tests.sequencer.test_refusals import database
from workers.sequencer import raising
from workers.sequencer import sequencer as sequencing
from workers.sequencer.files import Files


def tree(folder: Path) -> dict[str, bytes]:
    """All files below it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture(autouse=True)
def in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of more than four leaves are long; a step a turn."""
    monkeypatch.setattr(raising, "AT_ONCE", 4)
    monkeypatch.setattr(sequencing, "TURN_S", 0.0)


async def long_and_short(store: Redis, folder: Path) -> tuple[Town, Town]:
    """A meeting with a long log, and one with a short log."""
    long, short = await live_town(store), await live_town(store)
    for n in range(8):
        await long.submit(await long.attendee(), f"Is this question {n}, or not?")
    await settle(sequencer_in(folder), store)
    return long, short


async def test_others_get_their_numbers_while_a_long_log_is_rehashed(
    store: Redis, tmp_path: Path
) -> None:
    long, short = await long_and_short(store, tmp_path)
    signed = (log_folder(tmp_path, long) / "signed").read_bytes()
    waits = await long.submit(await long.attendee(), "Do I wait for my own log?")
    sequencer = sequencer_in(tmp_path)
    q = await short.submit(await short.attendee(), "Do I wait for another log?")
    for _ in range(2):  # it reads where the short one stands, and goes on there
        await sequencer.step(store)
    assert (await short.look(q)).number == 1
    assert (await long.look(waits)).number is None
    assert (log_folder(tmp_path, long) / "signed").read_bytes() == signed
    assert sequencer.returning == {long.meeting.id}
    await settle(sequencer, store)
    assert (await long.look(waits)).number == 9 and len(leaves_of(tmp_path, long)) == 10
    assert not any(wrong for _, wrong in findings(tmp_path).values())


async def test_no_meeting_waits_for_a_long_anchor_log(store: Redis, tmp_path: Path) -> None:
    for _ in range(5):
        town = await live_town(store)
    await settle(sequencer_in(tmp_path), store)
    before = anchored(tmp_path)
    assert len(before) == 5
    await sequencing_of.tell_halted(store, ANCHOR, "It was halted before this start.")
    sequencer = sequencer_in(tmp_path)
    assert sequencer.returning == {ANCHOR}
    q = await town.submit(await town.attendee(), "Do I wait for the anchor?")
    for _ in range(2):
        await sequencer.step(store)
    assert (await town.look(q)).number == 1 and anchored(tmp_path) == before
    await settle(sequencer, store)
    await sequencer.step(store)
    assert [one.size for one in anchored(tmp_path)] == [1, 1, 1, 1, 1, 2]
    assert not await typed.hget(store, keys.log(ANCHOR), "halted")
    assert not any(wrong for _, wrong in findings(tmp_path).values())


async def test_a_long_log_that_was_changed_is_halted_in_its_turn_and_unsigned(
    store: Redis, tmp_path: Path
) -> None:
    long, short = await long_and_short(store, tmp_path)
    signed = (log_folder(tmp_path, long) / "signed").read_bytes()
    with sqlite3.connect(database(tmp_path)) as db:
        damage = "UPDATE leaves SET data = ? WHERE idx = 1 AND meeting = ?"
        db.execute(damage, (leaves_of(tmp_path, long)[2], long.meeting.id))
    db.close()
    q = await short.submit(await short.attendee(), "Does mine go on?")
    sequencer = sequencer_in(tmp_path)
    await settle(sequencer, store)
    told = await typed.hget(store, keys.log(long.meeting.id), "halted") or ""
    assert "do not give the root" in told and not sequencer.returning
    assert (log_folder(tmp_path, long) / "signed").read_bytes() == signed
    assert (await short.look(q)).number == 1


async def test_what_a_damaged_store_gives_is_written_over_no_tile(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    for n in range(WIDTH):
        await town.submit(await town.attendee(), f"Is this question {n}, or not?")
    await settle(sequencer_in(tmp_path), store)
    served = tree(log_folder(tmp_path, town))
    with sqlite3.connect(database(tmp_path)) as db:
        db.execute("UPDATE leaves SET data = ? WHERE idx = 7", (leaves_of(tmp_path, town)[8],))
    db.close()
    await settle(sequencer_in(tmp_path), store)
    told = await typed.hget(store, keys.log(town.meeting.id), "halted") or ""
    assert "do not give the root" in told
    assert "tile/0/000" in served and tree(log_folder(tmp_path, town)) == served


async def test_tiles_that_were_lost_come_back_at_the_start(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    for n in range(WIDTH):
        await town.submit(await town.attendee(), f"Is this question {n}, or not?")
    await settle(sequencer_in(tmp_path), store)
    folder = log_folder(tmp_path, town)
    served = tree(folder)
    shutil.rmtree(folder / "tile")
    await settle(sequencer_in(tmp_path), store)
    back = tree(folder)
    assert back.items() <= served.items()
    assert {"tile/0/000", "tile/entries/000"} <= back.keys()
    assert not any(wrong for _, wrong in findings(tmp_path).values())


async def test_a_store_that_was_emptied_comes_back_behind_a_long_log_that_rises(
    store: Redis, tmp_path: Path
) -> None:
    town, _ = await busy(store, tmp_path)
    before = await rows(store, town)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before


async def test_a_disk_that_fails_on_the_way_costs_a_log_nothing_but_time(
    store: Redis, tmp_path: Path
) -> None:
    class Failing(Files):
        fails = 0

        def write_missing(self, files: object) -> None:
            if type(self).fails:
                type(self).fails -= 1
                raise OSError("no space")
            super().write_missing(files)  # type: ignore[arg-type]

    long, _ = await long_and_short(store, tmp_path)
    waits = await long.submit(await long.attendee(), "Do I get my number all the same?")
    sequencer = sequencer_in(tmp_path, files=Failing)
    Failing.fails = 1
    with pytest.raises(OSError, match="no space"):
        await settle(sequencer, store)
    await settle(sequencer, store)
    assert (await long.look(waits)).number == 9
    assert not any(wrong for _, wrong in findings(tmp_path).values())
