"""Waiting copies are one row whose texts can all be read; whoever tells two apart tells every desk."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.journeys.board_page import BoardPage
from tests.journeys.hall import ANALYSED_MS, NO_SCRIPTS, Hall, Place, routed
from tests.journeys.test_desk_groups import plain_desk

SAME = "When will the canteen by the harbour open again this year?"
ALIKE = "When will the old office by the harbour close for good?"
OTHER = "Will the office by the harbour get a canteen of its own?"


async def open_desk(hall: Hall, place: Place) -> Page:
    page = await hall.moderator(place)
    await expect(page.locator("#show-keys")).to_be_visible()  # the script listens
    return page


async def test_copies_are_read_below_their_row_and_told_apart_for_every_desk(hall: Hall) -> None:
    place = await hall.meeting("Copies", after_display=False)
    for words in (SAME, SAME.upper(), f"{SAME}!", ALIKE, OTHER):
        await hall.ask(place, await hall.joined(place), words)
    plain = await plain_desk(hall, place, NO_SCRIPTS)
    await plain.goto(place.path("/desk?n=5"))
    while await plain.locator("#similar-rows li").count() == 0:  # the last: all are analysed then
        await plain.reload()
    one, two = await open_desk(hall, place), await open_desk(hall, place)
    copies, similar = one.locator("#copy-rows li"), two.locator("#similar-rows li")
    await expect(one.locator(".desk-row")).to_have_count(3)
    await expect(one.locator("#copies-title")).to_have_text("Copies waiting: 2")
    await expect(copies.locator(".words")).to_have_text([SAME.upper(), f"{SAME}!"])

    async def refuse(route: Route) -> None:
        await route.fulfill(status=409, json={"error": {"code": "closed", "message": "Too late."}})

    await routed(one, "**/dismiss", refuse)
    await copies.first.locator("button").click()
    await expect(one.locator("#desk-error")).to_have_text("Too late.")
    await one.unroute("**/dismiss")
    hall.excuse("409")
    await copies.first.locator("button").click()
    for page in (one, two):
        await expect(page.locator(".desk-row")).to_have_count(4)
        await expect(page.locator("#copies-title")).to_have_text("Copies waiting: 1")
        await expect(page.locator("#desk-error")).to_be_hidden()
    await expect(similar).not_to_have_count(0)
    count = await similar.count()
    await one.locator("#similar-rows button").first.click()
    await expect(similar).to_have_count(count - 1)
    await plain.goto(place.path("/desk"))
    await expect(plain.locator(".desk-row")).to_have_count(4)
    await plain.goto(place.path("/desk?n=5"))
    before = await plain.locator("#similar-rows li").count()
    await plain.locator("#similar-rows button").first.click()
    await expect(plain.locator("#similar-rows li")).to_have_count(before - 1)
    await expect(plain.locator("#open-n")).to_have_text("no. 5")


async def test_a_campaign_is_merged_by_one_key_and_what_differs_is_left_out(hall: Hall) -> None:
    place = await hall.meeting("Campaign", after_display=False)
    for words in (SAME, SAME, f"{SAME}!", f"{SAME} Nobody tells us."):
        await hall.ask(place, await hall.joined(place), words)
    desk, board = await open_desk(hall, place), BoardPage(await hall.attendee(place))
    await board.live()
    await expect(desk.locator("#copies-title")).to_have_text(
        "Copies waiting: 3", timeout=ANALYSED_MS
    )
    await expect(desk.locator(".differs")).to_have_text(["", "", "in other words"])
    await desk.keyboard.press("c")
    await expect(desk.locator("#copies-told")).to_contain_text("merged into this one: 2")
    await expect(desk.locator("#copies-left")).to_contain_text("no. 4")
    await expect(desk.locator("#merge-copies button")).to_be_focused()
    for kind, size in (("light", (360, 740)), ("dark", (1280, 800))):
        await desk.set_viewport_size({"width": size[0], "height": size[1]})
        await desk.emulate_media(color_scheme="dark" if kind == "dark" else "light")
        assert (await Axe().run(desk)).response["violations"] == []
        wide = await desk.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
    await desk.keyboard.press("Enter")
    await expect(desk.locator("[data-count=merged]")).to_have_text("2")
    await expect(desk.locator("[data-count=listed]")).to_have_text("1")
    await expect(desk.locator("#open-n")).to_have_text("no. 1")
    await expect(desk.locator("#member-rows li")).to_have_count(2)
    await expect(desk.locator("[data-count=waiting]")).to_have_text("1")
    for _ in ("told while open", "as it is served"):
        await expect(board.row(SAME).locator(".asked")).to_have_text("asked by 3 people")
        await board.page.reload()


async def test_an_answer_that_the_feed_overtook_puts_no_older_row_over_what_it_told(
    hall: Hall,
) -> None:
    place = await hall.meeting("Overtaken", after_display=False)
    for _ in range(3):
        await hall.ask(place, await hall.joined(place), SAME)
    desk = await open_desk(hall, place)
    members = desk.locator("#member-rows li")

    async def held(route: Route) -> None:
        answer = await route.fetch()
        await expect(members).to_have_count(2)  # by the feed
        await route.fulfill(response=answer)

    await expect(desk.locator("#copies-title")).to_have_text(
        "Copies waiting: 2", timeout=ANALYSED_MS
    )
    await routed(desk, "**/merge-copies", held)
    await desk.keyboard.press("c")
    await expect(desk.locator("#merge-copies button")).to_be_focused()
    await desk.keyboard.press("Enter")
    await expect(desk.locator("#said")).to_have_text("No. 1: listed.")
    await expect(members).to_have_count(2)


async def test_after_a_refusal_the_key_sends_what_is_the_same_now(hall: Hall) -> None:
    place = await hall.meeting("Refused", after_display=False)
    for words in (SAME, SAME, f"{SAME}!"):
        await hall.ask(place, await hall.joined(place), words)
    desk, other = await open_desk(hall, place), await open_desk(hall, place)
    await expect(desk.locator("#copies-title")).to_have_text(
        "Copies waiting: 2", timeout=ANALYSED_MS
    )
    await desk.keyboard.press("c")
    await expect(desk.locator("#copies-told")).to_contain_text("merged into this one: 2")
    await expect(desk.locator("#merge-copies button")).to_be_focused()
    await other.goto(place.path("/desk?n=2"))
    await expect(other.locator("#open-n")).to_have_text("no. 2")
    await other.keyboard.press("l")
    await expect(desk.locator("#copies-title")).to_have_text("Copies waiting: 1")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("#desk-error")).to_contain_text("Nothing was merged or listed")
    hall.excuse("409")
    await expect(desk.locator("#merge-copies")).not_to_have_attribute("open", "")
    await desk.keyboard.press("c")
    await expect(desk.locator("#copies-told")).to_contain_text("merged into this one: 1")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("#member-rows li")).to_have_count(1)
    await expect(desk.locator("#desk-error")).to_be_hidden()
