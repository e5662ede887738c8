"""A phone without scripts: a page that answers a form opens where the form was, not at its top."""

from __future__ import annotations

from playwright.async_api import expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import Hall, Look

PLAIN_PHONE = Look(width=360, height=740, scripts=False)
SAID = "Will the lights at the gate number {n} stay on at night?"
LAST = SAID.format(n=12)


async def test_a_refusal_and_a_vote_are_in_sight_on_a_long_board(hall: Hall) -> None:
    place = await hall.meeting("A long board")
    asker = await hall.joined(place)
    for n in range(1, 13):
        await hall.ask(place, asker, SAID.format(n=n))
    board = BoardPage(await hall.attendee(place, PLAIN_PHONE))
    await drawn(board.page, board.row(LAST), "the last question is on the board")
    await expect(board.row(LAST)).not_to_be_in_viewport()
    await board.box(LAST).click()
    await expect(board.page).to_have_url(f"{hall.origin}{place.path()}?order=wanted#no-12")
    await expect(board.row(LAST)).to_be_in_viewport()
    await board.page.goto(place.path())
    await board.page.locator("#ask-text").fill("short")
    await board.page.locator("#ask button.act").click()
    await expect(board.page.get_by_role("alert")).to_be_in_viewport()
    await expect(board.page.locator("#ask-text")).to_be_focused()
    hall.excuse("400")


async def test_the_form_begins_with_the_language_that_the_reader_asks_in(hall: Hall) -> None:
    place = await hall.meeting("Several tongues", languages=["en", "de-AT", "fr"])
    for tag, preset in (("de-DE", "de-AT"), ("fr-CA", "fr"), ("en-GB", "en"), ("pl-PL", "en")):
        page = await hall.attendee(place, Look(lang=tag))
        await expect(page.locator("#ask-lang")).to_have_value(preset)
        await page.goto(place.path("?lang=de"))
        await expect(page.locator("#ask-lang")).to_have_value("de-AT")
