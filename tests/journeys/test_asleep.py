"""A tab that stands still, as the browser lets it to save power and as it does while a computer sleeps,
catches up and brings what was pressed in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage
from tests.journeys.hall import Hall
from tests.journeys.test_voting import ONE, TWO, voting_open


@asynccontextmanager
async def frozen(page: Page) -> AsyncIterator[asyncio.Event]:
    """The page's next task and all after it wait until the end; the event: that first one waits. (A browser
    freezes hidden tabs only, and those of a test are never hidden: the debugger holds it instead.)"""
    debugger, stands = await page.context.new_cdp_session(page), asyncio.Event()
    debugger.on("Debugger.paused", lambda _: stands.set())
    await debugger.send("Debugger.enable")
    await debugger.send("Debugger.pause")
    yield stands
    await debugger.send("Debugger.disable")


async def test_a_frozen_tab_shows_what_was_voted_meanwhile(hall: Hall) -> None:
    place = await voting_open(hall)
    asleep, awake = BoardPage(await hall.attendee(place)), BoardPage(await hall.attendee(place))
    await asleep.live()
    await awake.live()
    async with frozen(asleep.page) as stands:
        await awake.press(ONE)
        await stands.wait()
        await awake.shows(ONE, 1, mine=True)
        await awake.press(TWO)
        await awake.shows(TWO, 1, mine=True)
    await asleep.shows(ONE, 1, mine=False)
    await asleep.press(TWO)
    await awake.shows(TWO, 2, mine=True)


async def test_a_vote_that_waits_in_a_frozen_tab_is_saved_once_it_wakes(hall: Hall) -> None:
    place = await voting_open(hall)
    asleep = BoardPage(await hall.attendee(place))
    await asleep.live()
    await asleep.page.evaluate("Math.random = () => 0.1")  # of the waits between two trials
    await hall.stop()
    await asleep.press(ONE)
    await expect(asleep.row(ONE).locator(".pending")).to_be_visible()
    async with frozen(asleep.page) as stands:
        await stands.wait()
        await hall.start()
        awake = BoardPage(await hall.attendee(place))
        await awake.shows(ONE, 0, mine=False)
    await expect(asleep.page.locator("#link")).to_be_hidden(timeout=90_000)
    await asleep.shows(ONE, 1, mine=True)
    await awake.shows(ONE, 1, mine=False)
    for words in ("ERR_", "WebSocket connection", "503"):
        hall.excuse(words)
