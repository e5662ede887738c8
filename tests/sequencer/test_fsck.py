"""fsck reads whatever stands in the folders, names what is wrong, and nothing that is right."""

from __future__ import annotations

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
from workers.sequencer import fsck
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
