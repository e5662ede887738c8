"""What must never be signed: an older store, another history, under another key, by two at once."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.store import keys, sequencing, typed
from server.store.sequencing import Standing
from server.translog.anchor import ANCHOR
from tests.acts.building import Town, live_town
from tests.sequencer.building import fields, findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from workers.sequencer.keyring import Keyring, KeyTrouble, take_lock
from workers.sequencer.leaves import LeafStore, Moved


async def grown(store: Redis, folder: Path, town: Town, times: int = 1) -> None:
    """The log after a few more submissions."""
    for _ in range(times):
        await town.submit(await town.attendee(), "When do we get new chairs?")
    await settle(sequencer_in(folder), store)


async def refused(store: Redis, folder: Path, town: Town) -> str:
    """Why the log is not signed on; nothing that was shown has changed."""
    files = log_folder(folder, town)
    before = [(files / name).read_bytes() for name in ("signed", "checkpoint")]
    await town.submit(await town.attendee(), "Will this be signed?")
    await sequencer_in(folder).step(store)
    assert [(files / name).read_bytes() for name in ("signed", "checkpoint")] == before
    return await typed.hget(store, keys.log(town.meeting.id), "halted") or ""


def database(folder: Path) -> Path:
    """The leaf store's file."""
    return folder / "data" / "log" / "leaves.sqlite3"


def checkpointed(folder: Path) -> None:
    """Everything in the one file, nothing beside it."""
    with sqlite3.connect(database(folder)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


async def rolled_back(store: Redis, folder: Path, town: Town) -> None:
    """The leaf store is an older copy of itself: one submission is missing that was signed."""
    await grown(store, folder, town)
    checkpointed(folder)
    shutil.copy(database(folder), folder / "backup")
    await grown(store, folder, town)
    for path in database(folder).parent.glob("leaves.sqlite3*"):
        path.unlink()
    shutil.copy(folder / "backup", database(folder))


async def test_a_store_older_than_what_it_signed_is_refused_in_words(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await rolled_back(store, tmp_path, town)
    assert "older than what it signed" in await refused(store, tmp_path, town)
    assert any("signed for 3 leaves" in line for line in next(iter(findings(tmp_path).values()))[1])


async def test_an_older_folder_is_refused_too_when_what_was_signed_is_forgotten(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await rolled_back(store, tmp_path, town)
    shutil.rmtree(tmp_path / "data-keys" / "signed")
    await town.submit(await town.attendee(), "Will this be signed?")
    await sequencer_in(tmp_path).step(store)
    said = await typed.hget(store, keys.log(town.meeting.id), "halted") or ""
    assert "told of more leaves than are here" in said
    assert len(leaves_of(tmp_path, town)) == 2


async def test_a_lost_store_is_refused_in_words(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    for path in database(tmp_path).parent.glob("leaves.sqlite3*"):
        path.unlink()
    with pytest.raises(FileNotFoundError):
        findings(tmp_path)
    assert "its store is gone" in await refused(store, tmp_path, town)
    told = list(findings(tmp_path).values())
    assert told == 2 * [(0, ["it was signed, but the store does not hold it"])]  # and the anchor's


@pytest.mark.parametrize("column", ["root", "data"])
async def test_a_root_or_leaf_that_was_changed_is_refused_in_words(
    store: Redis, tmp_path: Path, column: str
) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town, 2)
    with sqlite3.connect(database(tmp_path)) as db:
        if column == "root":
            damage = "UPDATE logs SET root = ? WHERE meeting = ?"
            db.execute(damage, (bytes(32), town.meeting.id))
        else:
            data = leaves_of(tmp_path, town)[1].replace(b"web", b"api")
            damage = "UPDATE leaves SET data = ? WHERE idx = 1 AND meeting = ?"
            db.execute(damage, (data, town.meeting.id))
    db.close()
    assert "do not give the root" in await refused(store, tmp_path, town)
    assert next(iter(findings(tmp_path).values()))[1]


async def test_another_history_of_the_same_size_is_refused_in_words(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town, 2)
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "data-keys", other / "data-keys")
    shutil.rmtree(other / "data-keys" / "signed")
    await store.delete(keys.intake(town.meeting.id), keys.cursor(town.meeting.id))
    await store.delete(keys.log(town.meeting.id))
    fork = await live_town(store)
    entries = await typed.entries(store, keys.intake(fork.meeting.id), "", 10)
    for _, entry in entries:
        await store.xadd(keys.intake(town.meeting.id), fields(entry))
    await grown(store, other, town, 2)
    for path in database(tmp_path).parent.glob("leaves.sqlite3*"):
        path.unlink()
    checkpointed(other)
    shutil.copy(database(other), database(tmp_path))
    assert "another root" in await refused(store, tmp_path, town)


async def test_another_key_or_none_signs_nothing(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    root = tmp_path / "data-keys" / "root"
    right = root.read_bytes()
    root.write_bytes(bytes(32))
    assert "key" in await refused(store, tmp_path, town)
    root.write_bytes(right[:31])
    with pytest.raises(KeyTrouble, match="32 bytes"):
        sequencer_in(tmp_path)
    root.unlink()
    with pytest.raises(KeyTrouble, match="missing"):
        sequencer_in(tmp_path)
    root.write_bytes(right)
    await settle(sequencer_in(tmp_path), store)
    assert await typed.hget(store, keys.log(town.meeting.id), "halted") is None
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def test_of_two_sequencers_one_alone_gets_the_lock_and_one_alone_commits(
    store: Redis, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "log"
    held = take_lock(folder)
    assert held is not None and take_lock(folder) is None
    town = await live_town(store)
    await grown(store, tmp_path, town)
    one, two = sequencer_in(tmp_path), sequencer_in(tmp_path)
    await town.submit(await town.attendee(), "Who of you is first?")
    await settle(one, store)
    await store.hset(keys.cursor(town.meeting.id), "intake", "0-0")
    await town.submit(await town.attendee(), "And who is second?")
    with pytest.raises(Moved):
        while True:
            await two.step(store)
    await settle(one, store)
    assert len(leaves_of(tmp_path, town)) == 4
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def test_a_meeting_from_before_there_were_logs_keeps_its_numbers_and_gets_more(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await town.ask(await town.attendee())
    q = await town.submit(await town.attendee(), "Do I still get a number?")
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(q)).number == 2
    assert not log_folder(tmp_path, town).exists()


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = Keyring(tmp_path / "keys", logs_exist=False)
    assert first.made and "sealed copy" in first.advice()
    assert (tmp_path / "keys" / "root").stat().st_mode & 0o77 == 0
    again = Keyring(tmp_path / "keys", logs_exist=True)
    assert not again.made
    assert again.signer("a.example/log/x").key == first.signer("a.example/log/x").key
    assert LeafStore(tmp_path / "empty.sqlite3").states() == {}


async def test_what_waits_too_long_or_was_halted_shows_in_the_figures(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    m, asker, now = town.meeting.id, await town.attendee(), time.time_ns() // 1_000_000
    assert await sequencing.standing(store, [m], now) == Standing(0.0, 0, 0)
    await town.submit(asker, "Is anybody there?")
    since = time.time_ns() // 1_000_000
    later = await sequencing.standing(store, [m], since + 60_000)
    assert 60_000 <= round(later.waiting_s * 1000) <= since - now + 60_000
    (tmp_path / "data-keys" / "root").write_bytes(bytes(32))
    await sequencer_in(tmp_path).step(store)
    # The meeting's and the anchor's, whose key that was too.
    assert (await sequencing.standing(store, [m], now)).halted == 2
    assert "another" in (await typed.hget(store, keys.log(ANCHOR), "halted") or "")


async def test_an_anchor_that_goes_on_is_shown_as_halted_no_more(
    store: Redis, tmp_path: Path
) -> None:
    await sequencing.tell_halted(store, ANCHOR, "Its key is another one.")
    assert (await sequencing.standing(store, [], 0)).halted == 1
    await grown(store, tmp_path, await live_town(store))
    assert (await sequencing.standing(store, [], 0)).halted == 0
