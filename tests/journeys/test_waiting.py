"""More join than one server takes in: each page tells its place, and everybody comes in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage
from tests.journeys.hall import DESK, PHONE, Hall, Place, open_hall

WORDS = re.compile(r"You are no\.\s(\d+) in line, about (\d+|one) second")
QUESTION = "Will the bonus freeze end in March?"


async def _watch(page: Page) -> None:
    """Keep every sentence of the strip, and every move of the page from then on."""
    await page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
          window.places = []; window.shifts = 0;
          const strip = document.getElementById("place");
          if (strip) new MutationObserver(() => {
            window.since ??= performance.now();
            if (!strip.hidden) window.places.push(strip.querySelector("p").textContent);
          }).observe(strip, { subtree: true, childList: true, characterData: true, attributes: true });
          new PerformanceObserver((list) => {
            for (const one of list.getEntries()) if (one.startTime > window.since) window.shifts += one.value;
          }).observe({ type: "layout-shift", buffered: true });
        })"""
    )


@asynccontextmanager
async def _crowded(hall: Hall, place: Place, people: int) -> AsyncIterator[None]:
    """So many stand in the line, however long it takes others to join it: who is let in stays away, and
    stands in it again."""
    crowd = [await hall.joined(place) for _ in range(people)]
    over = asyncio.Event()

    async def stand() -> None:
        for token in crowd:
            await hall.door.call("POST", place.api("/ticket"), token=token, body={})

    async def stand_again() -> None:
        while not over.is_set():
            await stand()

    await stand()
    standing = asyncio.create_task(stand_again())
    try:
        yield
    finally:
        over.set()
        await standing


async def test_two_in_a_line_read_their_places_fall_and_come_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENFLOOR_LIMIT_JOINS_PER_S", "3")
    async with open_hall() as hall:
        place = await hall.meeting("A full house")
        asker = await hall.joined(place)
        await hall.ask(place, asker, QUESTION)
        pages = [await hall.stranger(look) for look in (PHONE, DESK)]
        for page in pages:
            await page.goto(place.path("/join"))
            await page.locator("input[name=code]").fill(place.code)
            await _watch(page)
        async with _crowded(hall, place, people=60):
            for page in pages:
                await page.locator("button.act").click()
                await page.wait_for_url(f"**{place.path()}")
            for page in pages:
                await expect(page.locator("#place")).to_be_visible()
        for page in pages:
            await expect(page.locator("#place p")).to_have_text(WORDS)
            await expect(page.locator("#said")).to_have_text(WORDS)
            await expect(page.locator(".row", has_text=QUESTION)).to_be_visible()
            await expect(page.locator("#link")).to_be_hidden()
        numbers = []
        for page in pages:
            board = BoardPage(page)
            await board.live()
            await expect(page.locator("#place")).to_be_hidden()
            told = await page.evaluate("window.places")
            assert await page.evaluate("window.shifts") == 0
            numbers.append([int(found[1]) for text in told if (found := WORDS.search(text))])
            await board.press(QUESTION)
        await expect(pages[0].locator(".row .votes").first).to_have_text("2")
        for told in numbers:
            assert len(set(told)) >= 2 and told == sorted(told, reverse=True)
        assert hall.complaints == []
