"""Words that are erased while people look: every open page says so at once, in its reader's language."""

from __future__ import annotations

from playwright.async_api import expect

from server.catalogue import catalogue
from tests.journeys.hall import GERMAN, Hall

WORDS = ("Who took the plant from floor two?", "Why is there no plant?")


async def test_an_erasure_reaches_board_stage_and_desk_in_each_readers_language(hall: Hall) -> None:
    place = await hall.meeting("Erased while it is shown")
    token = await hall.joined(place)
    for words in WORDS:
        await hall.ask(place, token, words)
    board = await hall.attendee(place, GERMAN)
    row, other = (
        board.locator("[data-n='1'] .said .words"),
        board.locator("[data-n='2'] .said .words"),
    )
    await expect(row).to_have_text(WORDS[0])
    desk = await hall.moderator(place)
    await desk.goto(place.path("/desk?queue=listed&n=1"))
    await expect(desk.locator("#open-text")).to_have_text(WORDS[0])
    stage = await hall.stranger()
    await stage.goto(place.path("/stage"))
    wanted = stage.locator("#wanted .words").first
    await expect(wanted).to_have_text(WORDS[0])
    for page in (board, stage):
        await expect(page.locator("#link")).to_be_hidden()
    await hall.erase(place, 1)
    german, english = catalogue("de")["js.gone_erased"], catalogue("en")["js.gone_erased"]
    await expect(row).to_have_text(german)
    await expect(wanted).to_have_text(english)
    await expect(desk.locator("#open-text")).to_have_text(english)
    await expect(desk.locator(".desk-row[data-n='1'] .words")).to_have_text(english)
    # The sentence is in the page's language, not in the question's.
    assert await row.get_attribute("lang") is None and await wanted.get_attribute("lang") is None
    await expect(row).to_have_class("words gone")
    await expect(other).to_have_text(WORDS[1])
    await expect(other).to_have_class("words")
