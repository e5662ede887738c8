"""When a page may hold a log to every receipt: once the served log itself tells that all is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import meetings
from server.domain.ids import fate_capability
from tests.acts.building import NOW, SECRET, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.web.browsing import Browser
from tests.web.conftest import within_the_hour
from tests.web.test_told_record import site

LIVE = 'data-live="1"'


@pytest.mark.parametrize("phase", ["live", "closed"])
async def test_a_phase_that_is_in_no_leaf_yet_makes_no_log_shorter_than_what_was_signed(
    store: Redis, tmp_path: Path, phase: str
) -> None:
    sequencer = sequencer_in(tmp_path, within_the_hour())
    town = await live_town(store, phase="collecting")
    await settle(sequencer, store)
    # Signed, its receipt given, and not served before the next gate.
    q = await town.submit(await town.attendee())
    await settle(sequencer, store)
    browser = Browser(site(store, tmp_path))
    address = f"/m/{town.meeting.slug}/fate/{fate_capability(SECRET, town.meeting.id, q)}"
    assert 'id="log"' in await browser.get(address) and LIVE not in browser.text
    town.meeting = await meetings.change(store, town.meeting, {"phase": phase}, "org:1", NOW)
    assert LIVE not in await browser.get(address)  # and the sequencer stands still
    await settle(sequencer, store)
    assert LIVE in await browser.get(address)
    assert LIVE in await Browser(site(store, tmp_path)).get(address)
