"""What a first visit of a long board is sent, and that nothing of it is lost by sending less."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import NO_SCRIPTS, Hall, Place
from tools.bench.browser import sent_bytes

ROWS, MOST_BYTES = 500, 60_000
WORDS = "when will why does the our new canteen office travel budget team leave plan people change".split()


async def filled(hall: Hall, place: Place, rows: int = ROWS) -> None:
    """So many questions, each of other words."""
    token, rng = await hall.joined(place), random.Random(7)
    place = replace(place, lists=False)  # the page tells when all are listed
    room = asyncio.Semaphore(20)

    async def ask(n: int) -> None:
        async with room:
            await hall.ask(place, token, f"Point {n}: {' '.join(rng.choices(WORDS, k=12))}?")

    await asyncio.gather(*(ask(n) for n in range(rows)))


async def test_a_first_visit_of_500_questions_is_light_and_shows_all_of_them(
    hall: Hall, record_property: Callable[[str, object], None]
) -> None:
    place = await hall.meeting("A light first visit")
    await filled(hall, place)
    page = await hall.attendee(place)
    await expect(page.locator("#listed")).to_have_text(str(ROWS))
    sent = await sent_bytes(hall.browser, hall.origin, place.path())
    assert sum(sent.values()) < MOST_BYTES, sent
    record_property("told", f"a first visit: {sum(sent.values())} of {MOST_BYTES} bytes")
    await expect(page.locator("#rows > .row")).to_have_count(ROWS)
    await expect(page.locator("#all-rows")).to_have_count(0)
    # Hundreds of forms, or of buttons in one, would be looked through whenever a row moves.
    await expect(page.locator("#rows form, #rows [form]")).to_have_count(0)
    board = BoardPage(page)
    await board.live()
    words = f"Point {ROWS // 2}:"
    await board.press(words)
    await board.shows(words, 1, mine=True)
    await page.route(
        "**/ticket", lambda _: None
    )  # never answered: the page's own words alone count
    await page.goto(f"{place.path()}?order=newest")
    await expect(page.locator("button.box[aria-pressed=true]")).to_have_count(1)


async def test_without_a_script_a_link_shows_the_rows_that_are_not_drawn(hall: Hall) -> None:
    place = await hall.meeting("All rows without scripts")
    await filled(hall, place, 52)
    page = await hall.attendee(place, NO_SCRIPTS)
    await drawn(page, page.locator("#listed", has_text="52"), "all of them are listed")
    await expect(page.locator("#rows > .row")).to_have_count(50)
    await page.locator("#all-rows a").click()
    await expect(page.locator("#rows > .row")).to_have_count(52)
    await page.locator("#rows > .row").last.locator("button.box").click()
    await expect(page.locator("#rows > .row")).to_have_count(52)
    await expect(page.locator("#rows button.box[aria-pressed=true]")).to_have_count(1)


async def test_a_page_that_is_no_board_loads_nothing_of_one(hall: Hall) -> None:
    place = await hall.meeting("A light door")
    page, asked = await hall.stranger(), set[str]()
    page.on("request", lambda request: asked.add(urlsplit(request.url).path))
    await page.goto(place.path("/join"))
    await page.wait_for_load_state("networkidle")
    scripts = {path for path in asked if path.endswith(".js")}
    assert scripts == {f"/static/js/{name}.js" for name in ("page", "times", "words")}
