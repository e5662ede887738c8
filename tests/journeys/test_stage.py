"""The record without scripts; the stage, an overlay and the host at work; the stream after a click."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route, expect

from tests.journeys.hall import NO_SCRIPTS, PHONE, Hall, routed
from tests.journeys.stage_exhibits import QUESTIONS, Staff, moderated
from tests.web.browsing import until


async def test_a_reader_without_scripts_or_account_reads_the_whole_record(hall: Hall) -> None:
    place, _ = await moderated(hall)
    page = await hall.stranger(NO_SCRIPTS)
    reversal = page.get_by_role("link", name="reversed 1")

    async def published() -> bool:
        await page.goto(place.path("/screened-out"))
        both = await page.locator(".cases > li").count() == 2
        return both and await reversal.count() == 1  # which is published later than the screenings

    await until(published, "both that were screened out stand in the record, and the reversal")
    await expect(page.locator(".cases .bar")).to_have_count(1)
    await reversal.click()
    await expect(page.locator(".cases > li")).to_have_count(1)
    await expect(page.locator(".cases")).to_contain_text("overturned")
    await page.locator("#search").fill("football")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator(".cases > li")).to_have_count(1)
    await page.get_by_role("link", name="Question no. 7").click()
    await expect(page.locator(".acts-of > li").first).to_contain_text("Received")
    await page.goto(place.path("/q/4"))
    assert QUESTIONS[3] not in await page.content()


async def test_the_host_keeps_the_page_until_there_is_another_to_show(hall: Hall) -> None:
    place, _ = await moderated(hall)
    mod, page, away = await Staff.join(hall, place, "moderator"), await hall.stranger(), True
    await page.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await page.locator("button.act").click()
    await expect(page.locator("section.on-air")).to_contain_text(QUESTIONS[1])
    tried = asyncio.Event()

    async def store_away(route: Route) -> None:
        if not away:
            return await route.continue_()
        tried.set()
        await route.fulfill(status=503)

    await routed(page, "**/host", store_away)
    await mod.act("/line", numbers=[3, 6], revision=1)
    async with asyncio.timeout(60):
        await tried.wait()
    hall.excuse("503")
    await expect(page.locator("section.on-air")).to_contain_text(QUESTIONS[1])
    away = False
    await expect(page.locator("ol.ledger .number").first).to_have_text("3")


async def test_a_step_of_the_hosts_is_not_lost_to_the_fresh_page_that_a_change_elsewhere_brings(
    hall: Hall,
) -> None:
    place, _ = await moderated(hall)
    mod, page = await Staff.join(hall, place, "moderator"), await hall.stranger()
    await page.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await page.locator("button.act").click()
    await expect(page.locator("section.on-air")).to_contain_text(QUESTIONS[1])
    looked, stepped, renewed = (asyncio.Event() for _ in range(3))

    async def look(route: Route) -> None:
        if route.request.method == "HEAD":  # is there a page to come?
            looked.set()
            await stepped.wait()
        await route.continue_()

    async def step(route: Route) -> None:
        stepped.set()
        await renewed.wait()
        await route.continue_()

    await routed(page, "**/host", look)
    await routed(page, "**/host/answer", step)
    async with page.expect_response(lambda answer: answer.request.method == "HEAD"):
        await mod.act("/line", numbers=[3, 6], revision=1)
        async with asyncio.timeout(60):
            await looked.wait()
            await page.keyboard.press("a")
            await stepped.wait()
    await hall.door.call("GET", place.api("/line"), token=mod.token)  # the page takes its answer in
    renewed.set()
    await expect(page.locator("[data-key=n]")).to_be_visible()
    await expect(page.locator("section.on-air")).to_have_count(0)


async def test_the_stage_and_its_overlay_follow_the_host_without_a_sign_in(hall: Hall) -> None:
    place, _ = await moderated(hall)
    mod = await Staff.join(hall, place, "moderator")
    screen, overlay = await hall.stranger(), await hall.stranger()
    await screen.goto(place.path("/stage"))
    await overlay.goto(place.path("/stage?overlay=1"))
    host = await hall.stranger(PHONE)
    await host.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await host.locator("button.act").click()
    await host.wait_for_url("**/host")
    for page in (screen, overlay):
        await expect(page.locator("#air")).to_contain_text(QUESTIONS[1])
    assert (
        await overlay.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgba(0, 0, 0, 0)"
    )
    await host.keyboard.press("a")
    await expect(overlay.locator("#stage")).to_be_hidden()
    await expect(screen.locator("#air")).to_contain_text("No question is on air")
    await expect(host.locator("[data-key=n]")).to_be_visible()
    await expect(host.locator(".on-air")).to_have_count(0)
    await host.wait_for_load_state()  # of the page that says so: its script listens
    await host.keyboard.press("n")
    await expect(screen.locator("#air")).to_contain_text(QUESTIONS[5])
    await expect(screen.locator("#next li")).to_have_count(1)
    # A reader's keys only step through the views.
    await screen.keyboard.press("n")
    await screen.keyboard.press("ArrowRight")
    await expect(screen.locator("#wanted li").first).to_contain_text(QUESTIONS[2])
    await screen.keyboard.press("Space")
    await expect(screen.locator("#view-join")).to_be_visible()
    await screen.keyboard.press("Shift+?")
    await expect(screen.locator("#keys")).to_be_visible()
    told = await hall.door.call("GET", place.api("/line"), token=mod.token)
    assert isinstance(told["on_air"], dict) and told["on_air"]["number"] == 6


async def test_stage_and_overlay_say_how_many_asked_what_is_on_air(hall: Hall) -> None:
    place, _ = await moderated(hall)
    mod, other = await Staff.join(hall, place, "moderator"), await hall.joined(place)
    screen, overlay = await hall.stranger(), await hall.stranger()
    await screen.goto(place.path("/stage"))
    await overlay.goto(place.path("/stage?overlay=1"))
    for page in (screen, overlay):
        await expect(page.locator("#air-about")).to_have_text("no. 2 · 1 vote")
    q = await hall.ask(place, other, "Why was nobody in the north asked about the office?")
    await mod.act(f"/questions/{q}/merge", revision=1, into=2)
    for page in (screen, overlay):
        await expect(page.locator("#air-about")).to_contain_text("asked by 2 people")
        await page.reload()
        await expect(page.locator("#air-about")).to_contain_text("asked by 2 people")


async def test_the_stages_keys_act_under_a_hosts_sign_in(hall: Hall) -> None:
    place, _ = await moderated(hall)
    page = await hall.stranger()
    await page.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await page.locator("button.act").click()
    await page.wait_for_url("**/host")
    await page.goto(place.path("/stage"))
    await expect(page.locator("#air")).to_contain_text(QUESTIONS[1])
    await page.keyboard.press("s")
    await page.keyboard.press("1")
    await expect(page.locator("#air")).to_contain_text("No question is on air")
    await page.keyboard.press("n")
    await expect(page.locator("#air")).to_contain_text(QUESTIONS[5])
    await page.keyboard.press("a")
    await expect(page.locator("#air")).to_contain_text("No question is on air")
    await page.goto(place.path("/answers"))
    await expect(page.locator(".ledger > li")).to_have_count(2)


async def test_nothing_of_the_stream_is_loaded_before_a_click(hall: Hall) -> None:
    place, _ = await moderated(hall)
    page = await hall.stranger()
    asked: list[str] = []

    async def serve(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=404, headers={"Access-Control-Allow-Origin": "*"}, body="")

    await page.route("https://stream.example/**", serve)
    await page.goto(place.path("?at=95"))
    await expect(page.locator("#rows .row").first).to_be_visible()
    assert asked == []
    async with page.expect_request("https://stream.example/live.m3u8"):
        await page.get_by_role("button", name="Load the stream").click()
    await expect(page.locator("#stream .told")).to_contain_text("cannot be played here")
    await expect(page.locator("#stream a")).to_have_attribute(
        "href", "https://stream.example/live.m3u8"
    )
    for words in ("stream.example", "status of 404"):
        hall.excuse(words)


async def test_a_stream_that_breaks_off_is_tried_again_and_the_page_says_so(hall: Hall) -> None:
    place, _ = await moderated(hall)
    page = await hall.stranger()
    gone = False

    async def serve(route: Route) -> None:
        if not gone:
            return await route.abort("connectionreset")
        await route.fulfill(status=404, headers={"Access-Control-Allow-Origin": "*"}, body="")

    await page.route("https://stream.example/**", serve)
    await page.goto(place.path())
    await page.get_by_role("button", name="Load the stream").click()
    told = page.locator("#stream .told")
    await expect(told).to_contain_text("broke off")
    async with page.expect_request("https://stream.example/live.m3u8"):
        pass
    gone = True
    await expect(told).to_contain_text("cannot be played here")
    for words in ("stream.example", "status of 404", "ERR_CONNECTION_RESET"):
        hall.excuse(words)
