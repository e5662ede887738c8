"""The desk by keyboard alone, and two moderators who never overwrite each other."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.hall import NO_SCRIPTS, Hall, Place

TEXTS = (
    "Will the north canteen open again this year?",
    "Why was the bonus for 2026 cut?",
    "Why was the bonus for 2027 cut?",
    "Please water the plants on floor two.",
    "What about the thing from last time?",
)


async def asked(hall: Hall, place: Place) -> None:
    """Five questions by one person, waiting in order."""
    token = await hall.joined(place)
    for words in TEXTS:
        await hall.ask(place, token, words)


async def done(page: Page, n: int, state: str, then: str = "") -> None:
    """The desk says that a decision was taken, and has gone on: its feed may tell of it before, and a key
    that is pressed in between is none."""
    await expect(page.locator("#said")).to_have_text(f"No. {n}: {state}.")
    if then:
        await expect(page.locator("#open-n")).to_have_text(then)


async def sent(page: Page, act: str) -> None:
    """The form of this act was answered and has closed: the desk's feed may tell of the act before, and what
    is pressed in between is typed into the form, or into the next one until it closes that."""
    await expect(page.locator(f"details[data-fold={act}]")).not_to_have_attribute("open", "")


async def test_all_of_the_desk_by_keyboard(hall: Hall) -> None:
    place = await hall.meeting("Desk by keys", after_display=False)
    await asked(hall, place)
    page = await hall.moderator(place)
    rows, tab, keys = page.locator(".desk-row"), page.locator(".desk-tabs a"), page.keyboard
    await expect(rows).to_have_count(5)
    await expect(page.locator("#show-keys")).to_be_visible()  # the script listens
    await expect(page.locator("#open-n")).to_have_text("no. 1")
    await keys.press("l")
    await done(page, 1, "listed", "no. 2")
    await keys.press("l")
    await done(page, 2, "listed", "no. 3")
    await expect(rows).to_have_count(3)
    await keys.press("m")
    await keys.type("2")
    await expect(page.locator("#merge-warning")).to_contain_text("a number")
    await expect(page.locator("#merge-words ins")).to_have_text("2027")
    await keys.press("Enter")
    await expect(page.locator("[data-count=merged]")).to_have_text("1")
    await done(page, 3, "merged", "no. 4")
    await keys.press("x")
    await keys.press("2")
    await expect(page.locator("#public-says")).to_contain_text("not about this meeting")
    await keys.press("Enter")
    await expect(page.locator("[data-count=screened_out]")).to_have_text("1")
    await done(page, 4, "screened out", "no. 5")
    await keys.press("b")
    await keys.type("Which thing do you mean?")
    await page.locator("form[data-act=send_back] button").press("Enter")
    await expect(page.locator("[data-count=waiting]")).to_have_text("0")
    await expect(page.locator("#desk-none")).to_be_visible()
    await done(page, 5, "sent back")
    await keys.press("2")
    await expect(tab.nth(1)).to_have_attribute("aria-current", "true")
    await expect(rows).to_have_count(2)
    await keys.press("p")
    await expect(page.locator("#desk-line li")).to_have_count(1)
    await keys.press("e")
    await keys.press("Control+a")
    await keys.type("Will the north canteen open in spring?")
    await expect(page.locator("#word-diff")).to_be_visible()
    await page.locator("form[data-act=word] button").press("Enter")
    await expect(page.locator("#open-wording")).to_contain_text("in spring?")
    await done(page, 1, "listed")
    await keys.press("o")
    await expect(page.locator("#open-state")).to_have_text("on air")
    await done(page, 1, "on air")
    await keys.press("a")
    await page.locator("form[data-act=answer] button").press("Enter")
    await expect(page.locator("[data-count=answered]")).to_have_text("1")
    await keys.press("6")
    await keys.press("s")
    await expect(page.locator("[data-count=merged]")).to_have_text("0")
    await keys.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await expect(page.locator("#keys-title")).to_be_in_viewport(ratio=1)  # it begins at its top
    await keys.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()


async def test_of_two_moderators_the_second_is_told_and_sees_the_new_state(hall: Hall) -> None:
    place = await hall.meeting("Two desks", after_display=False)
    await asked(hall, place)
    one, two = await hall.moderator(place), await hall.moderator(place)
    for page in (one, two):
        await expect(page.locator(".desk-row")).to_have_count(5)
        await expect(page.locator("#show-keys")).to_be_visible()  # the script listens
    await two.keyboard.press("x")
    await one.keyboard.press("l")
    await expect(one.locator(".desk-row")).to_have_count(4)
    # The other's list follows by itself; what stood open there stays, with its new state.
    await expect(two.locator(".desk-row")).to_have_count(4)
    await expect(two.locator("#open-n")).to_have_text("no. 1")
    await expect(two.locator("#open-state")).to_have_text("listed")
    await expect(two.locator("#said")).to_have_text("No. 1 has changed.")


async def test_without_a_script_the_desk_decides_by_plain_forms(hall: Hall) -> None:
    place = await hall.meeting("Plain desk", after_display=False)
    await asked(hall, place)
    page = await hall.stranger(NO_SCRIPTS)
    await page.goto(place.path("/invite"))
    await page.locator("input[name=token]").fill(await hall.invitation(place, "moderator"))
    await page.locator("button.act").click()
    await page.wait_for_url(f"**{place.path('/desk')}")
    await page.locator("form[data-act=list] button").click()
    await expect(page.locator(".desk-row")).to_have_count(4)
    await page.locator("details[data-fold=screen] summary").click()
    await page.locator("input[value=unclear]").check()
    await page.locator("form[data-act=screen] button.act").click()
    await expect(page.locator("[data-count=screened_out]")).to_have_text("1")
    await page.goto(place.path("/desk/log"))
    await expect(page.locator(".ledger li").first).to_contain_text("Screened out")
    await page.locator("#by").select_option("Moderator 1")
    await page.locator("form.fields button").click()
    await expect(page.locator(".ledger li").first).to_contain_text("Screened out")
    await expect(page.locator(".ledger li", has_text="Received")).to_have_count(0)
