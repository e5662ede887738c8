"""What one log needs much of is done a bit at a time, so that nobody else's receipt waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import closing, meetings, submit
from server.translog import leaf
from tests.acts.building import NOW, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from workers.sequencer import listing
from workers.sequencer import log as meeting_log
from workers.sequencer.leaves import LeafStore


async def test_what_a_rule_lists_on_receipt_is_listed_some_a_turn_and_all_of_it(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "TURN", 3)
    town, sequencer = await live_town(store, after_display=True), sequencer_in(tmp_path)
    asked = [await town.submit(await town.attendee(), f"Number {n}, or not?") for n in range(8)]
    while (await town.look(asked[-1])).number is None:
        await sequencer.step(store)
    found = [await town.look(q) for q in asked]
    assert [one.number for one in found] == list(range(1, 9))
    assert [one.state for one in found] == ["listed"] * 3 + ["received"] * 5
    await settle(sequencer, store)
    assert {(await town.look(q)).state for q in asked} == {"listed"}
    kinds = [leaf.parse(data).kind for data in leaves_of(tmp_path, town)]
    assert kinds.count("q.list") == 8 and not any(wrong for _, wrong in findings(tmp_path).values())


async def test_somebody_s_decision_stands_where_the_rule_comes_late(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    asker, sequencer = await town.attendee(), sequencer_in(tmp_path)
    gone, stays = await town.submit(asker), await town.submit(asker, "And when do we get desks?")
    await settle(sequencer, store)
    town.meeting = await meetings.change(store, town.meeting, {"after_display": True}, "org:1", NOW)
    await submit.withdraw(store, town.meeting, asker, gone, NOW)
    await settle(sequencer_in(tmp_path), store)
    assert [(await town.look(q)).state for q in (gone, stays)] == ["withdrawn", "listed"]


async def test_a_long_log_is_closed_in_turns_and_no_other_waits_for_it(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting_log, "PLAYED_A_TURN", 4)
    town, other, sequencer = await live_town(store), await live_town(store), sequencer_in(tmp_path)
    for n in range(6):
        await town.submit(await town.attendee(), f"Number {n}, or not?")
    await settle(sequencer, store)
    closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, closed, NOW)
    q = await other.submit(await other.attendee())
    await sequencer.step(store)
    assert (await other.look(q)).number == 1
    assert leaf.parse(leaves_of(tmp_path, town)[-1]).kind == "q.end"
    await settle(sequencer, store)
    assert leaf.parse(leaves_of(tmp_path, town)[-1]).kind == "log.close"
    assert not any(wrong for _, wrong in findings(tmp_path).values())


class _Counting(LeafStore):
    read = 0

    def attached(self, meeting: str) -> Iterator[tuple[str, bytes]]:
        """See LeafStore."""
        type(self).read += 1
        return super().attached(meeting)


async def test_old_tallies_are_not_read_again_with_each_batch(store: Redis, tmp_path: Path) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path, leaves=_Counting)
    await settle(sequencer, store)
    before = _Counting.read
    asker = await town.attendee()
    await town.submit(asker)
    await settle(sequencer, store)
    await town.submit(asker, "And when do we get desks?")
    await settle(sequencer, store)
    assert _Counting.read == before and len(leaves_of(tmp_path, town)) == 3


async def test_a_file_of_the_right_size_with_other_bytes_is_made_good(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await town.submit(await town.attendee())
    await settle(sequencer_in(tmp_path), store)
    files = [
        log_folder(tmp_path, town) / "tile" / level / "000.p" / "2" for level in ("0", "entries")
    ]
    right = [path.read_bytes() for path in files]
    for path, data in zip(files, right, strict=True):
        path.write_bytes(bytes(len(data)))
    sequencer_in(tmp_path)
    assert [path.read_bytes() for path in files] == right
