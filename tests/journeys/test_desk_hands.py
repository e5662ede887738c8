"""Held keys, quick presses and slips of the hand on the desk: nothing unread is decided by them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from playwright.async_api import Page, Request, Route, expect

from tests.frontend.running import PATIENCE_MS
from tests.journeys.hall import PHONE, Hall, Look, routed
from tests.journeys.stage_exhibits import QUESTIONS, moderated
from tests.journeys.test_desk import asked, done, sent
from tests.journeys.test_desk_groups import at_desk, listed, open_number, plain_desk

SMALL = Look(width=360, height=640)


def posts(page: Page, end: str) -> list[str]:
    """Fills up with the addresses that the page posts to and that end so."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith(end):
            found.append(request.url)

    page.on("request", note)
    return found


async def told(found: list[str], count: int) -> None:
    """Return once so many are told of: the browser may do so after the answer was drawn."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while len(found) < count:
            await asyncio.sleep(0.02)


async def held_back(page: Page, address: str) -> asyncio.Event:
    """Nothing gets through to `address` until the event is set."""
    released = asyncio.Event()

    async def slowly(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await routed(page, address, slowly)
    return released


async def test_a_held_or_hasty_key_decides_one_question(hall: Hall) -> None:
    place = await hall.meeting("Held keys", after_display=False)
    await asked(hall, place)
    page = await hall.moderator(place)
    await expect(page.locator("#show-keys")).to_be_visible()  # the script listens
    decided = posts(page, "/list")
    await page.keyboard.down("l")
    await expect(page.locator("#open-n")).to_have_text("no. 2")
    for _ in range(3):
        await page.keyboard.down("l")
    await page.keyboard.up("l")
    await told(decided, 1)
    assert len(decided) == 1
    released = await held_back(page, "**/list")
    await page.keyboard.press("l")
    await page.keyboard.press("l")
    released.set()
    await expect(page.locator("#open-n")).to_have_text("no. 3")
    await told(decided, 2)
    assert len(decided) == 2


async def test_the_desk_goes_on_though_its_feed_tells_of_the_decision_before_the_answer(
    hall: Hall,
) -> None:
    place = await hall.meeting("Told twice", after_display=False)
    await asked(hall, place)
    page = await hall.moderator(place)
    await expect(page.locator(".desk-row")).to_have_count(5)

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await expect(page.locator(".desk-row")).to_have_count(4)
        await route.fulfill(response=answer)

    await routed(page, "**/list", late)
    await page.keyboard.press("l")
    await expect(page.locator("#open-n")).to_have_text("no. 2")


async def test_what_was_left_in_a_field_gives_way_to_what_is_typed_next(hall: Hall) -> None:
    place = await hall.meeting("Typed twice", after_display=False)
    await asked(hall, place)
    page = await hall.moderator(place)
    await expect(page.locator("#show-keys")).to_be_visible()
    await page.keyboard.press("l")
    await expect(page.locator("#open-n")).to_have_text("no. 2")
    for into in ("2", "1"):
        await page.keyboard.press("m")
        await page.keyboard.type(into)
        await expect(page.locator("#into")).to_have_value(into)
        await page.keyboard.press("Escape")


async def test_on_a_phone_the_question_that_was_pressed_comes_into_sight(hall: Hall) -> None:
    place = await hall.meeting("Small desk", after_display=False)
    for n in range(1, 9):
        await hall.ask(place, await hall.joined(place), f"Will hall {n} get new lamps?")
    page = await hall.moderator(place, SMALL)
    await expect(page.locator("#show-keys")).to_be_visible()
    for desk in (page, await plain_desk(hall, place, replace(SMALL, scripts=False))):
        await desk.locator(".desk-row").nth(5).locator("a").click()
        await expect(desk.locator("#open-n")).to_have_text("no. 6")
        await expect(desk.locator("#open-text")).to_be_in_viewport(ratio=1)
    await page.locator("form[data-act=list] button").click()
    await expect(page.locator("#open-n")).to_have_text("no. 7")
    await expect(page.locator("#open-text")).to_be_in_viewport(ratio=1)
    await page.locator("[data-queue=listed]").click()
    await expect(page.locator("#open-n")).to_have_text("no. 6")
    await expect(page.locator(".desk-tabs")).to_be_in_viewport()


async def test_who_fills_in_a_form_far_down_reads_why_it_was_refused(hall: Hall) -> None:
    place = await hall.meeting("Read the refusal", after_display=False)
    await asked(hall, place)
    page = await hall.moderator(place, SMALL)
    await expect(page.locator("#show-keys")).to_be_visible()
    await page.keyboard.press("x")
    await page.keyboard.press("1")
    button = page.locator("form[data-act=screen] button.act")
    await button.scroll_into_view_if_needed()
    await button.click()
    await expect(page.locator("#desk-error")).to_contain_text("must name another question")
    await expect(page.locator("#desk-error")).to_be_in_viewport(ratio=1)
    await expect(button).to_be_in_viewport()
    hall.excuse("400")


async def test_a_word_without_an_end_widens_no_page(hall: Hall) -> None:
    place, endless = await hall.meeting("Long words"), "Betriebsrentenanpassung" * 8
    asker = await hall.attendee(place, PHONE)
    await asker.locator("#ask-text").fill(endless)
    await hall.ask(place, await hall.joined(place), f"Was wird aus der {endless}?", "de")
    desk = await hall.moderator(place, PHONE)
    await desk.goto(place.path("/desk?queue=listed"))
    await expect(desk.locator("#show-keys")).to_be_visible()
    await desk.keyboard.press("e")
    await expect(desk.locator("#wording")).to_be_focused()
    for page in (asker, desk):
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE.width


async def test_a_held_key_takes_one_step_on_stage_and_at_the_hosts(hall: Hall) -> None:
    place, _ = await moderated(hall)
    page = await hall.stranger()
    await page.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await page.locator("button.act").click()
    await page.wait_for_url("**/host")
    answers, released = posts(page, "/answer"), await held_back(page, "**/host/answer")
    for _ in range(3):
        await page.keyboard.down("a")
    await page.keyboard.up("a")
    released.set()
    await expect(page.locator("[data-key=n]")).to_be_visible()
    await told(answers, 1)
    assert len(answers) == 1
    await page.goto(place.path("/stage"))
    steps = posts(page, "/line/next")
    for _ in range(3):
        await page.keyboard.down("n")
    await expect(page.locator("#air")).to_contain_text(QUESTIONS[5])
    await told(steps, 1)
    assert len(steps) == 1


async def test_questions_are_lined_up_quickly_one_after_the_other(hall: Hall) -> None:
    page = await at_desk(hall, await listed(hall, "Quick line"))
    released = await held_back(page, "**/line")
    await open_number(page, 1)
    await page.keyboard.press("p")
    await open_number(page, 2)
    await page.keyboard.press("p")
    released.set()
    await expect(page.locator("#desk-line a")).to_have_text(["no. 1", "no. 2"])
    await expect(page.locator("#desk-error")).to_be_hidden()


async def test_the_moment_of_an_answer_is_when_it_went_on_air_and_a_slip_is_refused(
    hall: Hall,
) -> None:
    place = await listed(hall, "Moments")
    await hall.change(place, stream_delay_s=30)
    page = await at_desk(hall, place)
    stream, answer = page.locator("#stream"), page.locator("form[data-act=answer] button")
    await page.keyboard.press("a")
    await expect(page.locator("details[data-fold=answer]")).to_have_attribute("open", "")
    await expect(stream).to_have_value("")
    await page.keyboard.press("Escape")
    await page.clock.install()
    await page.keyboard.press("o")
    await done(page, 1, "on air")
    await page.clock.fast_forward("02:00:00")
    await page.keyboard.press("a")
    await expect(stream).to_have_value(re.compile(r"0:0\d:\d\d"))
    await stream.fill("1:o2:03")
    await answer.press("Enter")
    await expect(page.locator("#desk-error")).to_contain_text("as 1:02:03")
    await expect(page.locator("[data-count=answered]")).to_have_text("0")
    await stream.fill("1:02:03")
    await answer.press("Enter")
    await expect(page.locator("[data-count=answered]")).to_have_text("1")
    await sent(page, "answer")
    # A correction begins with what was told: neither time nor words are lost by correcting the other.
    await page.keyboard.press("5")
    for at, words, said in (("1:02:03", "", "Yes, in May."), ("1:02:03", "Yes, in May.", "No.")):
        await page.keyboard.press("a")
        await expect(stream).to_have_value(at)
        await expect(page.locator("#answer")).to_have_value(words)
        await page.locator("#answer").fill(said)
        await answer.press("Enter")
        await expect(page.locator("#open-answer")).to_have_text(
            f"Answer: At 1:02:03 of the meeting. {said}"
        )
        await sent(page, "answer")


async def test_a_correction_begins_with_what_was_sent_before_the_feed_tells_of_it(
    hall: Hall,
) -> None:
    place = await listed(hall, "Corrected at once")
    page = await at_desk(hall, place)
    polled, released = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        polled.set()
        await released.wait()
        await route.continue_()

    await routed(page, "**/desk?after=*", slowly)
    await hall.ask(place, await hall.joined(place), "Does this end the feed's last look?")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        await polled.wait()
    await page.keyboard.press("a")
    await page.locator("#stream").fill("1:02:03")
    await page.locator("#answer").fill("Yes, in May.")
    await page.locator("form[data-act=answer] button").press("Enter")
    await sent(page, "answer")
    await page.keyboard.press("5")
    await page.keyboard.press("a")
    await expect(page.locator("#stream")).to_have_value("1:02:03")
    await expect(page.locator("#answer")).to_have_value("Yes, in May.")
    released.set()
    await expect(page.locator("[data-count=answered]")).to_have_text("1")
