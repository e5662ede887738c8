"""A whole meeting from pre-submission to the closed record: organiser, three moderators, host, three
attendees, a reader without an account, a stage and an overlay, each in a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import DARK, GERMAN, NO_SCRIPTS, PHONE, Hall, Place
from tests.journeys.test_desk import sent
from tests.journeys.test_receipts import unlocked

BONUS = "Will the bonus freeze end in March?"
# No copy of the first: a quick worker would put both in one row of the desk.
AGAIN = "Do we hear in March what becomes of the bonus?"
TRAVEL = "Werden Reisezeiten künftig als Arbeitszeit gezählt?"
LUNCH = "What is for lunch on the day of the meeting?"
HEATING = "When will the heating in hall 4 be repaired?"


@dataclass(slots=True)
class Meeting:
    """The place, and everybody's page in it."""

    place: Place
    organiser: Page
    moderators: list[Page]
    host: Page
    people: list[BoardPage]
    reader: Page
    stage: Page
    overlay: Page


async def _made(hall: Hall) -> tuple[Page, Place]:
    """The organiser makes a meeting that takes questions beforehand, each looked at first."""
    organiser = await hall.organiser()
    await organiser.locator("a[href='/organise/new']").first.click()
    await organiser.locator("[name=title]").fill("Winter town hall")
    await organiser.locator("[name=languages]").fill("en de")
    await organiser.locator("form[action='/organise/new'] .save button").click()
    await organiser.wait_for_url("**/m/*/organise")
    await _switched_on(organiser, "asking")
    code = await organiser.locator(".code").first.inner_text()
    return organiser, Place(organiser.url.split("/")[-2], code.strip())


async def _switched_on(organiser: Page, name: str) -> None:
    form = organiser.locator(f"form:has([name=name][value={name}])")
    if await form.locator("[name=on]").get_attribute("value") == "on":
        await form.locator("button").click()
    await expect(form.locator("[name=on]")).to_have_value("off")


async def _moved_to(organiser: Page, place: Place, phase: str) -> None:
    await organiser.goto(place.path("/organise"))
    await organiser.locator(f"a[href$='/organise/phase/{phase}']").click()
    await organiser.locator(f"form:has([name=phase][value={phase}]) button").click()
    await organiser.wait_for_url("**/organise?saved=1")


async def _invited(hall: Hall, organiser: Page, role: str) -> Page:
    """Somebody accepts the link that the organiser has just made."""
    await organiser.locator("form[action$='/invite'] select").select_option(role)
    await organiser.locator("form[action$='/invite'] button").click()
    link = await organiser.locator("#invitation").input_value()
    page = await hall.stranger()
    await page.goto(link)
    await page.get_by_role("button", name="Use the link").click()
    await page.wait_for_url(lambda url: "/invite" not in url)
    return page


async def _gathered(hall: Hall) -> Meeting:
    organiser, place = await _made(hall)
    moderators = [await _invited(hall, organiser, "moderator") for _ in range(3)]
    host = await _invited(hall, organiser, "host")
    people = [BoardPage(await hall.attendee(place, look)) for look in (PHONE, GERMAN, DARK)]
    for board in people:
        await board.live()
    strangers = [await hall.stranger(NO_SCRIPTS), await hall.stranger(), await hall.stranger()]
    return Meeting(place, organiser, moderators, host, people, *strangers)


async def _before_anything(meeting: Meeting) -> None:
    """Stage, overlay and record open on an empty meeting, and say so."""
    await meeting.reader.goto(meeting.place.path("/screened-out"))
    await expect(meeting.reader.locator(".empty")).to_be_visible()
    await meeting.stage.goto(meeting.place.path("/stage"))
    await expect(meeting.stage.locator("#air")).to_contain_text("No question is on air")
    await meeting.overlay.goto(meeting.place.path("/stage?overlay=1"))
    await expect(meeting.overlay.locator("#stage")).to_be_hidden()


async def _asked(meeting: Meeting) -> None:
    ada, ben, cem = meeting.people
    assert await ada.ask(BONUS) == "1"
    await ben.page.locator("#ask-lang").select_option("de")
    assert await ben.ask(TRAVEL) == "2"
    assert await cem.ask(LUNCH) == "3"
    assert await cem.ask(AGAIN) == "4"
    assert await ada.ask(HEATING) == "5"


async def _at_the_desk(page: Page, place: Place, waiting: int) -> None:
    await page.goto(place.path("/desk"))
    await expect(page.locator(".desk-row")).to_have_count(waiting)
    await expect(page.locator("#show-keys")).to_be_visible()  # the script listens


async def _screened(meeting: Meeting) -> None:
    """Three moderators at one queue, by keyboard: list, merge, screen out."""
    one, two, three = meeting.moderators
    for page in meeting.moderators:
        await _at_the_desk(page, meeting.place, 5)
    await one.keyboard.press("l")  # no. 1
    await expect(two.locator(".desk-row")).to_have_count(4)
    await expect(one.locator("#open-n")).to_have_text("no. 2")
    await one.keyboard.press("l")
    for words, act, keys in ((LUNCH, "screen", "x2"), (AGAIN, "merge", "m1")):
        await two.locator(".desk-row", has_text=words).locator("a").click()
        await expect(two.locator("#open-text")).to_have_text(words)
        for key in (*keys, "Enter"):
            await two.keyboard.press(key)
        await expect(two.locator(".desk-row", has_text=words)).to_have_count(0)
        await sent(two, act)
    await expect(three.locator(".desk-row")).to_have_count(1)
    await three.locator(".desk-row", has_text=HEATING).locator("a").click()
    await expect(three.locator("#open-text")).to_have_text(HEATING)
    await three.keyboard.press("l")
    await expect(three.locator("#desk-none")).to_be_visible()


async def _voted(meeting: Meeting) -> None:
    await _moved_to(meeting.organiser, meeting.place, "live")
    await _switched_on(meeting.organiser, "voting")
    ada, ben, cem = meeting.people
    await ada.read_from_the_top()
    await expect(ada.page.locator("#rows > .row")).to_have_count(3)
    for board, words in ((ada, TRAVEL), (ben, BONUS), (ben, HEATING)):
        await board.read_from_the_top()
        await board.press(words)
    await cem.read_from_the_top()
    await cem.press(TRAVEL)
    for board in meeting.people:
        await board.shows(TRAVEL, 2, mine=board is not ben)
        await expect(board.row(BONUS).locator(".votes")).to_have_text("1")


async def _appealed(meeting: Meeting) -> None:
    """The asker appeals; another moderator than the one who decided judges, and overturns."""
    _, two, three = meeting.moderators
    cem = meeting.people[2].page
    await cem.goto(meeting.place.path("/mine"))
    form = cem.locator(".ticket", has_text=LUNCH).locator("form.appeal")
    await unlocked(form)
    await form.locator("textarea").fill("It is about night shifts too.")
    await form.locator("button").click()
    for page in (two, three):
        await page.keyboard.press("3")
        await expect(page.locator(".desk-row")).to_have_count(1)
    await expect(two.locator("form[data-act=overturn] button")).to_be_hidden()
    await expect(three.locator("form[data-act=overturn] button")).to_be_visible()
    await three.keyboard.press("y")
    await expect(three.locator("[data-count=appeals]")).to_have_text("0")
    await meeting.people[0].read_from_the_top()
    await expect(meeting.people[0].row(LUNCH)).to_be_visible()


async def _on_stage(meeting: Meeting) -> None:
    """Lined up by a moderator, put on air and answered by the host, shown everywhere at once."""
    one = meeting.moderators[0]
    await one.keyboard.press("2")
    for words in (TRAVEL, BONUS):
        await one.locator(".desk-row", has_text=words).locator("a").click()
        await expect(one.locator("#open-text")).to_have_text(words)
        await one.keyboard.press("p")
        await expect(one.locator("#desk-line li")).to_have_count(1 if words == TRAVEL else 2)
    await meeting.host.goto(meeting.place.path("/host"))
    await meeting.host.keyboard.press("n")
    for page in (meeting.stage, meeting.overlay):
        await expect(page.locator("#air")).to_contain_text(TRAVEL)
    await expect(meeting.people[0].page.locator(".on-air")).to_contain_text(TRAVEL)
    await meeting.host.wait_for_load_state()
    await meeting.host.locator("[data-key=a]").click()
    await expect(meeting.stage.locator("#air")).to_contain_text("No question is on air")
    await meeting.people[1].page.goto(meeting.place.path("/answers"))
    await expect(meeting.people[1].page.locator(".ledger > li")).to_have_count(1)


async def _closed(meeting: Meeting) -> None:
    """Every question has a public end, and the reader's record tells all of it."""
    await _moved_to(meeting.organiser, meeting.place, "closed")
    await expect(meeting.people[0].page.locator("#ask")).to_be_hidden()
    for number, state in ((1, "not_reached"), (2, "answered"), (3, "not_reached"), (4, "merged")):
        page = meeting.reader
        await page.goto(meeting.place.path(f"/q/{number}"))
        while await page.locator(f".state.{state}").count() == 0:  # the clock ends them in a moment
            await page.reload()
    await meeting.reader.goto(meeting.place.path("/screened-out"))
    case = meeting.reader.locator(".cases > li", has_text=LUNCH)
    overturned = case.filter(has_text="overturned")
    await drawn(meeting.reader, overturned, "the record tells of the appeal's end")
    await expect(case).to_contain_text("Moderator 2")
    await expect(case).to_contain_text("Moderator 3")


async def test_a_meeting_from_pre_submission_to_the_closed_record(hall: Hall) -> None:
    meeting = await _gathered(hall)
    await _before_anything(meeting)
    await _asked(meeting)
    await _screened(meeting)
    await _voted(meeting)
    await _appealed(meeting)
    await _on_stage(meeting)
    await _closed(meeting)
    for page in (*meeting.moderators, meeting.host, meeting.organiser, meeting.stage):
        assert (await Axe().run(page)).response["violations"] == [], page.url
