"""The organiser's page on which a question's words are erased, and what is left at their address."""

from __future__ import annotations

from pathlib import Path

from redis.asyncio import Redis

from server.acts import decide, erase
from server.translog.checkpoint import log_id
from tests.acts.building import NOW, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.web.browsing import Browser
from tests.web.organising import organising
from tests.web.test_told_record import site

CANARY = "zq-canary-erased-words"


async def test_an_organiser_names_a_ground_confirms_and_the_text_is_gone_everywhere(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer, app = await live_town(store), sequencer_in(tmp_path), site(store, tmp_path)
    q = await town.submit(await town.attendee(), f"Who is {CANARY}?")
    await settle(sequencer, store)
    moderator = await town.moderator()
    await decide.screen_out(store, town.meeting, moderator, q, 1, "unclear", "", None, NOW)
    await settle(sequencer, store)
    browser = await organising(app, store)
    at, record = f"/m/{town.meeting.slug}/organise/erase", f"/m/{town.meeting.slug}/screened-out"
    assert "There is no question with this number" in await browser.get(f"{at}?n=9")
    assert CANARY in await browser.get(f"{at}?n=1")
    page = await browser.post(at, None, n="1", revision="1", basis="law")
    assert browser.status == 409 and CANARY in page  # decided on since: look again
    page = await browser.post(at, None, n="1", revision="2", basis="law")
    assert browser.status == 200 and "are erased" in page and "written anew" in page
    await settle(sequencer, store)
    for path in (record, f"{record}.json", f"{record}.csv", f"/m/{town.meeting.slug}/q/1"):
        told = await Browser(app).get(path)
        assert CANARY not in told and "law" in told, path
    await browser.get(f"/log/{log_id(town.meeting.id)}/opening/{q}.json")
    assert browser.status == 410 and "law" in browser.text


async def test_a_withheld_text_that_was_erased_is_answered_as_gone(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer, app = await live_town(store), sequencer_in(tmp_path), site(store, tmp_path)
    q = await town.submit(await town.attendee(), f"Where does {CANARY} live?")
    await settle(sequencer, store)
    moderator, m = await town.moderator(), town.meeting
    out = await decide.screen_out(store, m, moderator, q, 1, "personal-data", "", None, NOW)
    await settle(sequencer, store)
    where, browser = f"/log/{log_id(m.id)}/opening/{q}.json", Browser(app)
    await browser.get(where)
    assert browser.status == 403
    await erase.erase_named(store, m, 1, out.revision, "law", NOW)
    await browser.get(where)
    assert browser.status == 410
