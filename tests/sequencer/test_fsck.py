"""fsck reads whatever stands in the folders, names what is wrong, and nothing that is right."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.store import keys, typed
from server.translog.checkpoint import log_id
from tests.acts.building import Town, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import log_folder
from tests.sequencer.test_refusals import database, grown
from workers.sequencer import fsck, untouched
from workers.sequencer.leaves import LeafStore, State

Harm = Callable[[Path], object]
NOISE = b"\xff\xfe\x00"


def wrong(folder: Path, town: Town) -> list[str]:
    """What fsck says of the meeting's log."""
    found = findings(folder)
    (said,) = [said for origin, (_, said) in found.items() if log_id(town.meeting.id) in origin]
    return said


@pytest.mark.parametrize(
    ("says", "harm"),
    [
        ("checkpoint: ", lambda log: (log / "checkpoint").write_bytes(NOISE)),
        ("checkpoint is missing", lambda log: (log / "checkpoint").unlink()),
        ("signed is missing", lambda log: (log / "signed").unlink()),
        ("tile/0/000.p/2 is not", lambda log: (log / "tile/0/000.p/2").write_bytes(bytes(64))),
        ("entries/000.p/2 is not", lambda log: (log / "tile/entries/000.p/2").write_bytes(NOISE)),
    ],
)
async def test_a_file_that_was_changed_or_lost_is_named(
    store: Redis, tmp_path: Path, says: str, harm: Harm
) -> None:
    town = await live_town(store)
    for _ in range(3):
        await grown(store, tmp_path, town)
    assert wrong(tmp_path, town) == []
    harm(log_folder(tmp_path, town))
    (said,) = wrong(tmp_path, town)
    assert says in said


async def test_a_leaf_that_no_bundle_can_hold_is_named(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    with sqlite3.connect(database(tmp_path)) as db:
        damage = "UPDATE leaves SET data = zeroblob(70000) WHERE idx = 1 AND meeting = ?"
        db.execute(damage, (town.meeting.id,))
    db.close()
    assert any(said.startswith("leaf 1: ") for said in wrong(tmp_path, town))


async def test_a_log_that_grows_while_it_is_read_is_not_named(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    leaves = LeafStore(database(tmp_path))
    early = [leaves.states()]
    leaves.close()
    await grown(store, tmp_path, town)

    class Growing(LeafStore):
        def states(self) -> dict[str, State]:
            return early.pop() if early else super().states()

    monkeypatch.setattr(fsck, "LeafStore", Growing)
    found = fsck.check(tmp_path / "data" / "log")
    (said,) = [said for origin, said in found.items() if log_id(town.meeting.id) in origin]
    assert not early and said[0] == 2
    # What was signed later than the store was read is fsck's to hold against the newer one.
    assert [line for line in said[1] if "signed for" not in line] == []


def seen(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder below, with its time and bytes."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("shape", ["in use", "ended", "a copy without the index", "at rest"])
async def test_nothing_is_written_whatever_stands_beside_the_store(
    store: Redis, tmp_path: Path, shape: str
) -> None:
    town, folder = await live_town(store), tmp_path / "data"
    await grown(store, tmp_path, town)
    leaves = LeafStore(database(tmp_path))  # what is committed from now on stays beside the file
    await grown(store, tmp_path, town)
    if shape != "in use":
        folder = Path(shutil.copytree(folder, tmp_path / "copy"))
    if shape == "a copy without the index":
        (folder / "log" / "leaves.sqlite3-shm").unlink()
    if shape == "at rest":
        LeafStore(folder / "log" / "leaves.sqlite3").close()
    beside = sorted(path.name for path in (folder / "log").glob("leaves.sqlite3-*"))
    assert len(beside) == {"at rest": 0, "a copy without the index": 1}.get(shape, 2)
    before = seen(folder)
    found = fsck.check(folder / "log")
    assert seen(folder) == before
    assert [said for _, said in found.values()] == [[], []]
    assert 3 in [size for size, _ in found.values()]
    leaves.close()


async def test_a_store_at_rest_that_wakes_while_it_is_read_is_read_again(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await grown(store, tmp_path, town)
    path = Path(shutil.copytree(tmp_path / "data", tmp_path / "copy"), "log", "leaves.sqlite3")
    LeafStore(path).close()
    woken: list[LeafStore] = []

    def wake(db: sqlite3.Connection) -> int:
        size = LeafStore.over(db).states()[town.meeting.id].size
        if not woken:
            woken.append(LeafStore(path))
            woken[0].states()  # from here on it is in use
        return size

    asked: list[int] = []
    untouched.read(path, lambda db: asked.append(wake(db)))
    assert asked == [2, 2]
    woken[0].close()


async def test_a_damaged_note_of_what_was_signed_halts_its_own_log_alone(
    store: Redis, tmp_path: Path
) -> None:
    one, two = await live_town(store), await live_town(store)
    await grown(store, tmp_path, one)
    (tmp_path / "data-keys" / "signed" / log_id(one.meeting.id)).write_bytes(NOISE)
    q = await two.submit(await two.attendee(), "Does this one go on?")
    await settle(sequencer_in(tmp_path), store)
    told = await typed.hget(store, keys.log(one.meeting.id), "halted") or ""
    assert "is not signed by this root key" in told and log_id(one.meeting.id) in told
    assert (await two.look(q)).number == 1
