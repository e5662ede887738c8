"""A whole meeting: made, joined, asked, screened, voted, followed, left."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import DARK, GERMAN, PHONE, Hall, Place

BONUS = "Will the bonus freeze end in March?"
TRAVEL = "Werden Reisezeiten künftig als Arbeitszeit gezählt?"
LUNCH = "What is for lunch on the day of the meeting?"


async def _made(organiser: Page) -> Place:
    """The organiser fills the form in, then opens the doors by hand."""
    await organiser.locator("a[href='/organise/new']").first.click()
    await organiser.locator("[name=title]").fill("Autumn town hall")
    await organiser.locator("[name=languages]").fill("en de")
    await organiser.locator("form[action='/organise/new'] .save button").click()
    await organiser.wait_for_url("**/m/*/organise")
    await organiser.locator("a[href$='/organise/phase/live']").click()
    await organiser.locator("form:has([name=phase][value=live]) button").click()
    await organiser.wait_for_url("**/organise?saved=1")
    for switch in ("asking", "voting"):
        form = organiser.locator(f"form:has([name=name][value={switch}])")
        if await form.locator("[name=on]").get_attribute("value") == "on":
            await form.locator("button").click()
        await expect(form.locator("[name=on]")).to_have_value("off")
    code = await organiser.locator(".code").first.inner_text()
    return Place(organiser.url.split("/")[-2], code.strip())


async def _invited(organiser: Page, moderator: Page) -> None:
    """The organiser invites by a link that works once; the moderator accepts it."""
    await organiser.locator("form[action$='/invite'] select").select_option("moderator")
    await organiser.locator("form[action$='/invite'] button").click()
    link = await organiser.locator("input[value*='/invite#']").input_value()
    await moderator.goto(link)
    await moderator.get_by_role("button", name="Use the link").click()
    await moderator.wait_for_url("**/desk")


async def _joined_by_code(page: Page, place: Place) -> BoardPage:
    await page.goto("/")
    await page.locator("input[name=code]").fill(f" {place.code.lower()} ")
    await page.locator("button.act").click()
    await page.wait_for_url(f"**{place.path()}")
    board = BoardPage(page)
    await board.live()
    return board


async def _screens(moderator: Page, place: Place) -> None:
    await moderator.goto(place.path("/desk"))
    waiting = moderator.locator(".desk-row")
    await expect(waiting).to_have_count(3)
    await expect(moderator.locator("#show-keys")).to_be_visible()  # the script listens
    for words in (BONUS, TRAVEL):
        await waiting.filter(has_text=words).locator("a").click()
        await expect(moderator.locator("#open-text")).to_have_text(words)
        await moderator.locator("form[data-act=list] button").click()
        await expect(waiting.filter(has_text=words)).to_have_count(0)
    await expect(moderator.locator("#open-text")).to_have_text(LUNCH)
    await moderator.locator("details[data-fold=screen] summary").click()
    await moderator.locator("input[value=other-channel]").check()
    await moderator.locator("#note").fill("The canteen's page has the menu.")
    await moderator.locator("form[data-act=screen] button.act").click()
    await expect(moderator.locator("#desk-none")).to_be_visible()


async def _votes(ada: BoardPage, ben: BoardPage, cem: BoardPage) -> None:
    """Counts and ranks change on everybody's page while nobody reloads."""
    for board in (ada, ben, cem):
        await board.read_from_the_top()
        await board.order(BONUS, TRAVEL)
    await ada.press(TRAVEL)
    await cem.press(TRAVEL)
    await ben.press(BONUS)
    for board in (ada, cem):
        await board.shows(TRAVEL, 2, mine=True)
        await board.order(TRAVEL, BONUS)
    await cem.press(TRAVEL)
    await ben.order(BONUS, TRAVEL)
    await cem.shows(TRAVEL, 1, mine=False)
    await ada.page.reload()
    await ada.shows(TRAVEL, 1, mine=True)
    await ada.shows(BONUS, 1, mine=False)


async def _follows(page: Page, place: Place) -> None:
    """The asker of the screened question reads its outcome, and so does everybody."""
    await page.goto(place.path("/mine"))
    await page.locator(".ticket", has_text=LUNCH).locator(".acts a[href*='/fate/']").click()
    ticket = page.locator(".ticket")
    await expect(ticket.locator(".state.screened_out")).to_be_visible()
    await expect(ticket).to_contain_text("The canteen's page has the menu.")
    elsewhere = await page.context.browser.new_context() if page.context.browser else None
    assert elsewhere is not None
    other = await elsewhere.new_page()
    await other.goto(page.url)
    await expect(other.locator(".ticket")).to_contain_text(LUNCH)
    await elsewhere.close()
    await page.goto(place.path())
    await page.locator("a[href$='/screened-out']").click()
    entry = page.locator(".ledger > li", has_text=LUNCH)
    await drawn(page, entry, "the record tells of it")
    await expect(entry).to_contain_text("another channel")
    await expect(entry).to_contain_text("Moderator 1")


async def test_a_meeting_from_the_form_to_signing_out(hall: Hall) -> None:
    organiser = await hall.organiser()
    place = await _made(organiser)
    moderator = await hall.stranger()
    await _invited(organiser, moderator)

    ada = await _joined_by_code(await hall.stranger(PHONE), place)
    ben = BoardPage(await hall.attendee(place, GERMAN))
    cem = BoardPage(await hall.attendee(place, DARK))
    await ben.live()
    await cem.live()
    assert await ada.ask(BONUS) == "1"
    await ben.page.locator("#ask-lang").select_option("de")
    assert await ben.ask(TRAVEL) == "2"
    assert await cem.ask(LUNCH) == "3"
    await expect(ben.page.locator(".ticket").first).to_contain_text("Ihre Frage ist gespeichert")

    await _screens(moderator, place)
    await _votes(ada, ben, cem)
    await _follows(cem.page, place)

    await ben.page.locator("footer button").click()
    hall.excuse("401")  # the page that is left may ask for a line still, whose sign-in is over
    await expect(ben.page.locator("h1")).to_have_text("Sie sind abgemeldet")
    await ben.page.goto(place.path())
    await expect(ben.page.locator("#ask")).to_have_count(0)
    await ben.shows(BONUS, 1, mine=False)


async def test_a_join_link_and_a_wrong_code(hall: Hall) -> None:
    place = await hall.meeting("Spring town hall")
    page = await hall.stranger()
    await page.goto(place.path("/join"))
    await page.locator("input[name=code]").fill("wrong")
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("alert")).to_contain_text("does not open this meeting")
    await expect(page.locator("input[name=code]")).to_have_value("wrong")
    hall.excuse("404")
    await page.goto("about:blank")
    await page.goto(f"{place.path('/join')}#{place.code}")
    await expect(page.locator("input[name=code]")).to_have_value(place.code)
    await page.get_by_role("button", name="Join").click()
    await expect(page).to_have_url(re.compile(f"{place.path()}$"))
