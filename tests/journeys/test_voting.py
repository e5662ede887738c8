"""Voting: one person with many tabs and devices, one vote; by keyboard; across an outage."""

from __future__ import annotations

from playwright.async_api import Page, WebSocketRoute, expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import PHONE, Hall, Place

ONE, TWO = "Will the bonus freeze end in March?", "May we bring dogs to the office?"


async def voting_open(hall: Hall) -> Place:
    """A live meeting with two questions that others asked."""
    place = await hall.meeting("Votes")
    asker = await hall.joined(place)
    for words in (ONE, TWO):
        await hall.ask(place, asker, words)
    return place


async def _device_link(page: Page, place: Place) -> str:
    await page.goto(place.path("/device"))
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    return await page.locator("input.address").input_value()


async def test_two_tabs_and_a_second_device_are_one_person(hall: Hall) -> None:
    place = await voting_open(hall)
    tab = BoardPage(await hall.attendee(place))
    await tab.press(ONE)
    await tab.shows(ONE, 1, mine=True)
    second = BoardPage(await tab.page.context.new_page())
    await second.page.goto(place.path())
    await second.live()
    await second.shows(ONE, 1, mine=True)

    link = await _device_link(tab.page, place)
    phone = BoardPage(await hall.stranger(PHONE))
    await phone.page.goto(link)
    await phone.page.get_by_role("button", name="Continue here").click()
    await phone.page.wait_for_url(f"**{place.path()}")
    await phone.live()
    await phone.shows(ONE, 1, mine=True)
    await phone.press(ONE)
    await phone.shows(ONE, 0, mine=False)
    await second.shows(ONE, 0, mine=False)  # without a reload: one's own devices hear of each other
    await second.press(TWO)
    await second.shows(TWO, 1, mine=True)
    await phone.shows(TWO, 1, mine=True)
    await phone.shows(ONE, 0, mine=False)

    thief = await hall.stranger()
    await thief.goto(link)
    await thief.get_by_role("button", name="Continue here").click()
    await expect(thief.locator("main")).to_contain_text("used already")
    hall.excuse("410")


async def test_a_vote_on_ones_own_question_is_refused_in_words(hall: Hall) -> None:
    place = await hall.meeting("Own questions")
    here = BoardPage(await hall.attendee(place))
    there = BoardPage(await here.page.context.new_page())
    await there.page.goto(place.path())
    await here.live()
    await there.live()
    await here.ask(ONE)
    await expect(here.box(ONE)).to_be_disabled()
    await expect(here.row(ONE)).to_contain_text("yours")
    # The other tab has not heard whose question it is: the server has the last word.
    await there.press(ONE)
    await expect(there.page.locator("#vote-notice")).to_contain_text("You asked this question")
    await there.shows(ONE, 0, mine=False)
    await there.row(ONE).get_by_role("link", name="no. 1").click()
    await expect(there.page.locator("main")).to_contain_text("This is your question")


async def test_voting_and_asking_by_keyboard_alone(hall: Hall) -> None:
    place = await voting_open(hall)
    board = BoardPage(await hall.attendee(place))
    await board.live()
    keys = board.page.keyboard
    await keys.press("Tab")
    await expect(board.page.locator(".skip")).to_be_focused()
    await keys.press("Enter")
    await board.box(TWO).focus()
    await keys.press("Space")
    await board.shows(TWO, 1, mine=True)
    await expect(board.box(TWO)).to_be_focused()
    await keys.press("Enter")
    await board.shows(TWO, 0, mine=False)
    await board.page.locator("#ask-text").focus()
    await keys.type("Can this be done without a mouse?")
    for _ in range(5):
        if await board.page.locator("#ask button[type=submit]:focus").count():
            break
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(board.row("Can this be done without a mouse?")).to_be_visible()


async def test_a_line_that_died_with_its_network_is_left_within_seconds(hall: Hall) -> None:
    place = await voting_open(hall)
    page, dead = await hall.attendee(place), [False]
    await BoardPage(page).live()  # its first line is no part of this

    def line(client: WebSocketRoute) -> None:
        server, alone = client.connect_to_server(), len(lines) == 0
        lines.append(client)
        # Whatever is said over the first line while the network is another one is lost, both ways.
        client.on_message(lambda said: None if alone and dead[0] else server.send(said))
        server.on_message(lambda said: None if alone and dead[0] else client.send(said))

    lines: list[WebSocketRoute] = []
    await page.route_web_socket("**/live/*", line)
    await page.clock.install()
    await page.reload()
    board = BoardPage(page)
    await board.live()
    dead[0] = True
    await board.press(ONE)
    await expect(board.row(ONE).locator(".pending")).to_be_visible()
    await page.context.set_offline(True)
    await page.context.set_offline(False)
    await page.clock.fast_forward(6_000)
    await board.shows(ONE, 1, mine=True)
    assert len(lines) >= 2  # a machine that stands still loses one more


async def test_votes_pressed_while_the_server_is_away_are_saved_when_it_is_back(
    hall: Hall,
) -> None:
    place = await voting_open(hall)
    board, other = BoardPage(await hall.attendee(place)), BoardPage(await hall.attendee(place))
    await board.live()
    await other.live()
    await board.press(ONE)
    await board.shows(ONE, 1, mine=True)
    await board.page.evaluate("Math.random = () => 0.1")  # of the waits between two trials
    await hall.stop()
    await expect(board.page.locator("#link")).to_have_text("Not connected. We try again.")
    await board.press(TWO)
    await board.press(ONE)
    await expect(board.box(TWO)).to_have_attribute("aria-pressed", "true")
    await expect(board.row(TWO).locator(".pending")).to_be_visible()
    await expect(board.page.locator("#said")).to_contain_text("Not saved yet")
    await expect(board.page.locator("#link")).to_have_text(
        "Not connected. We try again. Not saved yet: 2 of your votes. We keep trying."
    )
    await hall.start()
    await expect(board.page.locator("#link")).to_be_hidden(timeout=90_000)
    await board.shows(TWO, 1, mine=True)
    await board.shows(ONE, 0, mine=False)
    await other.page.reload()
    await other.shows(TWO, 1, mine=False)
    await board.page.reload()
    await board.shows(TWO, 1, mine=True)
    await board.shows(ONE, 0, mine=False)
    for words in ("ERR_", "WebSocket connection", "503"):
        hall.excuse(words)


async def test_a_press_goes_by_form_where_the_live_line_has_ended(hall: Hall) -> None:
    place = await voting_open(hall)
    board = BoardPage(await hall.attendee(place))
    await board.page.route("**/ticket", lambda route: route.fulfill(status=401, json={}))
    await board.page.reload()
    for votes, mine in ((1, True), (0, False)):
        await expect(board.page.locator("#live[data-status=ended]")).to_be_attached()
        await board.box(ONE).click()
        await expect(board.box(ONE)).to_have_attribute("aria-pressed", str(mine).lower())
        counted = board.row(ONE).locator(".votes", has_text=str(votes))
        await drawn(board.page, counted, "the page counts the vote")
        await board.shows(ONE, votes, mine)
    await board.page.wait_for_url("**?order=wanted#no-1")
    await expect(board.page.locator("#live[data-status=ended]")).to_be_attached()
    hall.excuse("401")
