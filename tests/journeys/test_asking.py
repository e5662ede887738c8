"""Asking: limits, look-alikes, the form without a script, taking a question back."""

from __future__ import annotations

from typing import cast

from playwright.async_api import expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import NO_SCRIPTS, PHONE, Hall
from tests.journeys.stage_exhibits import Staff
from tests.journeys.test_receipts import unlocked

FREEZE = "Will the travel freeze end in March?"


async def test_the_form_counts_down_and_says_when_it_is_too_much(hall: Hall) -> None:
    place = await hall.meeting("Limits of a text", min_chars=10, max_chars=40)
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
    form = asker.page.locator("form[action$='/withdraw']")
    await unlocked(form)
    await form.locator("button").click()
    await expect(asker.page.locator(".ticket .state.withdrawn")).to_be_visible()
    await expect(other.row(FREEZE)).to_have_count(0)
    await expect(asker.page.locator("form[action$='/withdraw']")).to_have_count(0)


async def test_a_question_that_was_sent_back_is_written_again_and_linked_to_it(hall: Hall) -> None:
    place = await hall.meeting("Written again", after_display=False)
    asker, moderator = (
        BoardPage(await hall.attendee(place)),
        await Staff.join(hall, place, "moderator"),
    )
    await asker.live()
    await asker.ask("Will things be better?")
    told = await hall.door.call("GET", place.api("/waiting"), token=moderator.token)
    (waiting,) = cast("list[dict[str, str]]", told["questions"])
    await moderator.act(f"/questions/{waiting['q']}/send-back", revision=1, hint="Which things?")
    page = asker.page
    await page.goto(place.path("/mine"))
    await page.get_by_role("link", name="Write it again").click()
    await expect(page.locator("#ask .notice")).to_contain_text("Which things?")
    await asker.live()
    asks: list[str] = []
    page.on(
        "request", lambda request: asks.append(request.url) if request.method == "POST" else None
    )
    assert await asker.ask("Will the heating be better?") == "2"
    assert not [url for url in asks if url.endswith("/ask")]  # it went over the socket
    await expect(page.locator("#ask .notice")).to_have_count(0)
    await page.goto(place.path("/mine"))
    await expect(page.locator(".ticket", has_text="the heating")).to_contain_text(
        "It follows your question no. 1."
    )


async def test_a_meeting_that_closes_takes_the_way_to_the_form_away(hall: Hall) -> None:
    place = await hall.meeting("Closing")
    board = BoardPage(await hall.attendee(place, PHONE))
    await board.live()
    await expect(board.page.locator(".ask-bar")).to_be_visible()
    await hall.change(place, phase="closed")
    await expect(board.page.locator("#ask")).to_be_hidden()
    await expect(board.page.locator(".ask-bar")).to_be_hidden()


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
    number = board.page.locator(".ticket .number", has_text="No. 2")
    await drawn(board.page, number, "the question has its number")
    await board.page.locator(".ticket a").first.click()
    await drawn(board.page, board.page.locator(".ticket .state.listed"), "it is listed")
    await board.page.goto(place.path("?order=newest"))
    await drawn(board.page, board.row("Does this page work"), "it is on the board")
    await board.order("Does this page work without a script?", FREEZE)
    await board.box(FREEZE).click()
    await expect(board.box(FREEZE)).to_have_attribute("aria-pressed", "true")
    one = board.row(FREEZE).locator(".votes", has_text="1")
    await drawn(board.page, one, "the vote is counted")
    await board.shows(FREEZE, 1, mine=True)
    await board.order("Does this page work without a script?", FREEZE)
    await board.box(FREEZE).click()
    await expect(board.box(FREEZE)).to_have_attribute("aria-pressed", "false")
    none = board.row(FREEZE).locator(".votes", has_text="0")
    await drawn(board.page, none, "it is taken back")
    await board.shows(FREEZE, 0, mine=False)
    await expect(board.box("Does this page work")).to_be_disabled()


async def test_a_tag_that_no_browser_knows_leaves_the_other_languages_their_names(
    hall: Hall,
) -> None:
    place = await hall.meeting("Odd tongues", languages=["en", "en-12", "de"])
    board = BoardPage(await hall.attendee(place))
    await board.live()
    await expect(board.page.locator("#ask-lang option")).to_have_text(
        ["English", "en-12", "Deutsch"]
    )
    assert await board.ask(FREEZE) == "1"
