"""Where sockets do not come through: the same board by server-sent events and posts."""

from __future__ import annotations

import os
import signal
import time

from playwright.async_api import Page, Request, Response, expect

from tests.frontend.running import PATIENCE_MS
from tests.journeys.blocking import Blocking, Sockets, blocking
from tests.journeys.board_page import BoardPage
from tests.journeys.hall import Hall, Look, Place, comes_true
from tests.journeys.stage_exhibits import Staff

ONE, TWO = "Will the bonus freeze end in March?", "May we bring dogs to the office?"


async def _meeting(hall: Hall) -> tuple[Place, list[str]]:
    place = await hall.meeting("Behind a proxy")
    asker = await hall.joined(place)
    return place, [await hall.ask(place, asker, words) for words in (ONE, TWO)]


def _events_of(page: Page) -> list[str]:
    """Grows by the addresses of streams and posts."""
    found: list[str] = []

    def note(request: Request) -> None:
        if "/events?" in request.url or "/messages?" in request.url:
            found.append(request.url.rpartition("/")[2].partition("?")[0])

    page.on("request", note)
    return found


async def test_behind_a_proxy_that_refuses_sockets_votes_are_saved_and_the_board_moves(
    hall: Hall,
) -> None:
    place, (first, _) = await _meeting(hall)
    moderator = await Staff.join(hall, place, "moderator")
    async with blocking() as proxy:
        here = BoardPage(await hall.attendee(place, Look(proxy=proxy.server)))
        there = BoardPage(await hall.attendee(place))
        said = _events_of(here.page)
        await here.live()
        assert proxy.tunnels == 2
        await expect(here.page.locator("#link")).to_be_hidden()
        await here.press(ONE)
        await here.shows(ONE, 1, mine=True)
        await there.shows(ONE, 1, mine=False)
        await there.press(TWO)
        await here.shows(TWO, 1, mine=False)
        await here.ask("Is it heard behind a proxy?")
        await expect(there.row("Is it heard behind a proxy?")).to_be_visible()
        assert "messages" in said
        await here.press(TWO)
        await here.shows(TWO, 2, mine=True)
        await _cut(proxy, here)
        await moderator.act(f"/questions/{first}/pick", revision=2)
        for board in (there, here):
            on_air = board.page.locator("#on-air-text")
            await expect(on_air).to_contain_text(ONE)
        await here.page.reload()
        await here.live()
        await here.shows(TWO, 2, mine=True)
        await expect(here.page.locator("#on-air-text")).to_contain_text(ONE)
        assert proxy.tunnels == 2  # it is known by now: no socket is tried for each page
        await here.page.close()
    hall.excuse("WebSocket connection")
    hall.excuse("ERR_")


async def _cut(proxy: Blocking, board: BoardPage) -> None:
    """All connections end at once; what is pressed meanwhile is saved afterwards."""
    proxy.hang_up()
    await board.press(ONE)
    await board.shows(ONE, 0, mine=False)
    await board.press(ONE)
    await board.shows(ONE, 1, mine=True)
    await board.live()


async def test_a_proxy_that_swallows_sockets_is_noticed_and_a_socket_is_tried_again_at_leisure(
    hall: Hall,
) -> None:
    place, _ = await _meeting(hall)
    async with blocking() as proxy:
        proxy.sockets = Sockets.SWALLOWED
        page = await hall.stranger(Look(proxy=proxy.server))
        await page.clock.install()
        await page.goto(place.path("/join"))
        await page.locator("input[name=code]").fill(place.code)
        await page.locator("button.act").click()
        await page.wait_for_url(f"**{place.path()}")
        board, said = BoardPage(page), _events_of(page)
        await expect(page.locator("#rows > .row")).to_have_count(2)  # the server drew it
        await _until_tunnelled(page, proxy, 1)
        await page.clock.fast_forward(10_500)
        await board.live()
        await board.press(ONE)
        await board.shows(ONE, 1, mine=True)
        assert proxy.tunnels == 1 and "messages" in said
        proxy.sockets = Sockets.PASSED
        await page.evaluate("sessionStorage.setItem('events', '1')")  # five minutes later
        await page.clock.fast_forward(20_500)
        await _until_tunnelled(page, proxy, 2)
        await expect(page.locator("#link")).to_be_hidden()
        await comes_true(page, "sessionStorage.getItem('events') === null")
        votes: list[str] = []
        page.on("request", lambda request: votes.append(request.post_data or ""))
        await board.press(TWO)
        await board.shows(TWO, 1, mine=True)
        assert not [posted for posted in votes if '"vote"' in posted and '"n":2' in posted]
        await board.shows(ONE, 1, mine=True)
        await page.close()
    hall.excuse("WebSocket connection")
    hall.excuse("ERR_")


async def _until_tunnelled(page: Page, proxy: Blocking, times: int) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while proxy.tunnels < times:
        assert time.monotonic() < end, "no socket was tried"
        await page.wait_for_timeout(50)


def _to_a_vote(response: Response) -> bool:
    """True for the answer to a posted vote: looks are posted beside them."""
    asked = response.request
    return "/messages?" in asked.url and '"vote"' in (asked.post_data or "")


async def _by_events(page: Page) -> BoardPage:
    """The board of this page, which takes sockets for blocked from here on."""
    await BoardPage(page).live()  # a socket that opens now would say the contrary
    await page.evaluate("sessionStorage.setItem('events', String(Date.now() + 300_000))")
    await page.reload()
    board = BoardPage(page)
    await board.live()
    return board


async def test_a_vote_that_the_store_cannot_take_is_sent_again_and_the_stream_goes_on(
    hall: Hall,
) -> None:
    place, _ = await _meeting(hall)
    board = await _by_events(await hall.attendee(place))
    await board.press(TWO)
    await board.shows(TWO, 1, mine=True)
    said = _events_of(board.page)
    parent = hall.running.find("parent")
    os.kill(parent, signal.SIGSTOP)  # else it starts the store again at once
    hall.running.kill("store")
    try:
        async with board.page.expect_response(_to_a_vote, timeout=PATIENCE_MS) as away:
            await board.press(ONE)
        assert (await away.value).status == 503
    finally:
        os.kill(parent, signal.SIGCONT)
    await board.shows(ONE, 1, mine=True)
    assert "events" not in said and said.count("messages") >= 2
    hall.excuse("503")


async def test_a_vote_while_the_store_stands_still_waits_in_words_and_the_stream_goes_on(
    hall: Hall,
) -> None:
    place, _ = await _meeting(hall)
    board = await _by_events(await hall.attendee(place))
    await board.press(TWO)
    await board.shows(TWO, 1, mine=True)
    said, store = _events_of(board.page), hall.running.find("store")
    os.kill(store, signal.SIGSTOP)
    try:
        async with board.page.expect_response(_to_a_vote, timeout=PATIENCE_MS) as away:
            await board.press(ONE)
        assert (await away.value).status == 503
        await expect(board.page.locator("#link")).to_contain_text("Not saved yet: 1 of your votes")
    finally:
        os.kill(store, signal.SIGCONT)
    await board.shows(ONE, 1, mine=True)
    await expect(board.page.locator("#link")).to_be_hidden()
    assert "events" not in said and said.count("messages") >= 2
    hall.excuse("503")


async def test_a_full_door_is_not_taken_for_blocked_sockets(hall: Hall) -> None:
    place, _ = await _meeting(hall)
    page = await hall.attendee(place)
    await page.route("**/events?*", lambda route: route.fulfill(status=503))
    await _by_events(page)
    await comes_true(page, "sessionStorage.getItem('events') === null")
    await page.close()
    hall.excuse("503")


async def test_who_is_signed_out_while_a_socket_is_tried_is_told_no_more(hall: Hall) -> None:
    place, _ = await _meeting(hall)
    page = await hall.attendee(place)
    await page.clock.install()
    await _by_events(page)
    await page.context.clear_cookies()
    await page.evaluate("sessionStorage.setItem('events', '1')")
    async with page.expect_event("requestfailed", lambda request: "/events?" in request.url):
        await page.clock.fast_forward(20_500)
    await page.close()
    hall.excuse("401")
