"""What somebody wrote into the list of meetings past the program stops no log, and is said aloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from server.acts import meetings
from server.store import keys, sequencing
from server.store.client import connect
from server.translog.anchor import ANCHOR
from tests.acts.building import live_town
from tests.sequencer.building import findings, sequencer_in, settle
from workers.clock import Clock

ODD: list[dict[Any, Any]] = [
    {b"other": b"x"},
    {b"meeting": b""},
    {b"meeting": b"../../etc"},
    {b"meeting": b"A" * 21 + b"B"},
    {b"meeting": ANCHOR.encode()},
    {b"meeting": b"\xff\xfe", b"\xff": b"\xff"},
]


async def written(store: Redis) -> None:
    """Write what is odd into the list."""
    for fields in ODD:
        await store.xadd(keys.MEETINGS, fields)


async def test_odd_entries_in_the_list_of_meetings_stop_no_log(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    reader = connect(store_url, timeout_s=30.0, reads_all=True)  # as the workers connect
    sequencer = sequencer_in(tmp_path)
    early = await live_town(store)
    q = await early.submit(await early.attendee(), "Is this one numbered?")
    await settle(sequencer, reader)
    await written(store)
    late = await live_town(store)
    other = await late.submit(await late.attendee(), "And this one?")
    await settle(sequencer, reader)
    assert [(await early.look(q)).number, (await late.look(other)).number] == [1, 1]
    await settle(sequencer_in(tmp_path), reader)  # a start reads the whole list again
    again = await late.submit(await late.attendee(), "And one after a start?")
    await settle(sequencer_in(tmp_path), reader)
    assert (await late.look(again)).number == 2
    assert await sequencing.halted(store, [early.meeting.id, late.meeting.id]) == {}
    assert not [line for _, wrong in findings(tmp_path).values() for line in wrong]
    await reader.aclose()


async def test_a_record_that_no_release_wrote_stops_no_other_meetings_log(
    store: Redis, tmp_path: Path
) -> None:
    ill, well = await live_town(store), await live_town(store)
    sequencer = sequencer_in(tmp_path)
    await ill.submit(await ill.attendee(), "Who wrote into my record?")
    await store.hset(keys.meeting(ill.meeting.id), "json", "[1]")
    q = await well.submit(await well.attendee(), "Does this one go on?")
    await settle(sequencer, store)
    await settle(sequencer_in(tmp_path), store)
    assert (await well.look(q)).number == 1


@pytest.mark.parametrize("record", ["[1]", "{", '{"phase": "dancing"}', "\\xff"])
async def test_the_clock_names_what_it_passes_over_once_and_goes_on(
    store: Redis, store_url: str, record: str
) -> None:
    ill, well = await live_town(store), await live_town(store)
    await store.hset(
        keys.meeting(ill.meeting.id), "json", record.encode().replace(b"\\xff", b"\xff")
    )
    await written(store)
    clock = Clock(store_url, "one")
    with structlog.testing.capture_logs() as told:
        await clock.step(store)
        await clock.step(store)
    (line,) = [line for line in told if line["event"] == "meetings_passed_over"]
    assert f"in {len(ODD) + 1} places" in line["says"] and ill.meeting.id in line["says"]
    assert [found.id for found in await meetings.all_meetings(store)] == [well.meeting.id]
