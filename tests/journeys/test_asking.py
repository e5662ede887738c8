"""Asking: limits, look-alikes, the form without a script, taking a question back."""

from __future__ import annotations

from playwright.async_api import expect

from tests.journeys.board_page import BoardPage
from tests.journeys.hall import NO_SCRIPTS, PHONE, Hall

FREEZE = "Will the travel freeze end in March?"


async def test_the_form_counts_down_and_says_when_it_is_too_much(hall: Hall) -> None:
    place = await hall.meeting("Limits", min_chars=10, max_chars=40)
    page = await hall.attendee(place, PHONE)
    limit, text = page.locator("#ask-limit"), page.locator("#ask-text")
    await expect(limit).to_have_text("10 to 40 characters")
    await text.fill("Why 👩‍👩‍👧?")
    await expect(limit).to_have_text("4 more characters needed")
    await text.fill("x" * 38)
    await expect(limit).to_have_text("2 characters left")
    await text.fill("x" * 41)
    await expect(limit).to_have_text("1 characters too many")
    await page.locator("#ask button[type=submit]").click()
    await expect(page.get_by_role("alert")).to_contain_text("40")
    await expect(text).to_have_value("x" * 41)


async def test_look_alikes_are_offered_and_never_in_the_way(hall: Hall) -> None:
    place = await hall.meeting("Look-alikes")
    await hall.ask(place, await hall.joined(place), FREEZE)
    board = BoardPage(await hall.attendee(place))
    await board.live()
    await board.page.locator("#ask-text").fill("When will this travel freeze end, please?")
    hint = board.page.locator("#similar a")
    await expect(hint).to_have_text([FREEZE])
    assert await board.ask("When will this travel freeze end, please?") == "2"
    await board.page.locator("#ask-text").fill("Does the travel freeze end soon?")
    await hint.filter(has_text=FREEZE).click()
    await board.page.locator("button.box").click()
    await expect(board.page.locator("button.box")).to_have_attribute("aria-pressed", "true")


async def test_a_question_is_withdrawn_by_its_asker_alone_and_for_good(hall: Hall) -> None:
    place = await hall.meeting("Withdrawing")
    asker, other = BoardPage(await hall.attendee(place)), BoardPage(await hall.attendee(place))
    await asker.live()
    await other.live()
    await asker.ask(FREEZE)
    await expect(other.row(FREEZE)).to_be_visible()
    await other.page.goto(place.path("/mine"))
    await expect(other.page.locator("form[action$='/withdraw']")).to_have_count(0)
    await other.page.goto(place.path())
    await other.live()
    await asker.page.goto(place.path("/mine"))
    await asker.page.locator("summary", has_text="Withdraw").click()
    await asker.page.locator("form[action$='/withdraw'] button").click()
    await expect(asker.page.locator(".ticket .state.withdrawn")).to_be_visible()
    await expect(other.row(FREEZE)).to_have_count(0)
    await expect(asker.page.locator("form[action$='/withdraw']")).to_have_count(0)


async def test_asking_reading_and_voting_without_a_script(hall: Hall) -> None:
    place = await hall.meeting("Without scripts")
    await hall.ask(place, await hall.joined(place), FREEZE)
    board = BoardPage(await hall.attendee(place, NO_SCRIPTS))
    await board.page.locator("#ask-text").fill("short")
    await board.page.locator("#ask button").last.click()
    await expect(board.page.get_by_role("alert")).to_be_visible()
    await expect(board.page.locator("#ask-text")).to_have_value("short")
    hall.excuse("400")
    await board.page.locator("#ask-text").fill("Does this page work without a script?")
    await board.page.locator("#ask button").last.click()
    await expect(board.page.locator(".ticket .number").first).to_have_text("No. 2")
    await board.page.locator(".ticket a").first.click()
    await expect(board.page.locator(".ticket .state.listed")).to_be_visible()
    await board.page.goto(place.path("?order=newest"))
    await board.order("Does this page work without a script?", FREEZE)
    await board.box(FREEZE).click()
    await board.shows(FREEZE, 1, mine=True)
    await board.order("Does this page work without a script?", FREEZE)
    await board.box(FREEZE).click()
    await board.shows(FREEZE, 0, mine=False)
    await expect(board.box("Does this page work")).to_be_disabled()
