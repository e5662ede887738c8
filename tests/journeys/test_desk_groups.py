"""Groups, the line, skips and reversals on the desk, by keyboard alone and by plain forms; and what
somebody is typing stays when another moderator decides first."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.hall import NO_SCRIPTS, Hall, Look, Place
from tests.journeys.test_desk import done, sent

TEXTS = (
    "Will the north canteen open again this year?",
    "When does the canteen in the north open?",
    "Is there a date for the canteen yet?",
    "Who plans the summer party?",
)


async def listed(hall: Hall, title: str) -> Place:
    """A meeting with four listed questions of four people."""
    place = await hall.meeting(title)
    for words in TEXTS:
        await hall.ask(place, await hall.joined(place), words)
    return place


async def at_desk(hall: Hall, place: Place, rows: int = 4) -> Page:
    """A moderator's desk with the listed ones open."""
    page = await hall.moderator(place)
    await expect(page.locator("#show-keys")).to_be_visible()  # the script listens
    await page.keyboard.press("2")
    await expect(page.locator(".desk-row")).to_have_count(rows)
    return page


async def merge(page: Page, n: int, into: int) -> None:
    """Merge two by keyboard; the head is open afterwards."""
    keys = page.keyboard
    merged = int(await page.locator("[data-count=merged]").inner_text())
    await open_number(page, n)
    await keys.press("m")
    await keys.type(str(into))
    await keys.press("Enter")
    await expect(page.locator("[data-count=merged]")).to_have_text(str(merged + 1))
    await sent(page, "merge")
    await open_number(page, into)


async def open_number(page: Page, n: int) -> None:
    """Step to a question with k and j."""
    at = page.locator("#open-n")
    for _ in range(8):
        await page.keyboard.press("k")
    for _ in range(8):
        if await at.inner_text() == f"no. {n}":
            break
        await page.keyboard.press("j")
    await expect(at).to_have_text(f"no. {n}")


async def test_members_are_split_one_by_one_or_all_before_a_text_is_withheld(hall: Hall) -> None:
    page = await at_desk(hall, await listed(hall, "Groups by keys"))
    keys, members = page.keyboard, page.locator("#member-rows li")
    await merge(page, 2, 1)
    await merge(page, 3, 1)
    await merge(page, 4, 1)
    await expect(members).to_have_count(3)
    await keys.press("s")
    await keys.press("s")
    await expect(members.nth(1).locator("button")).to_be_focused()
    async with page.expect_response("**/split"):
        await keys.press("Enter")
    await expect(members).to_have_count(2)
    await expect(page.locator("[data-count=listed]")).to_have_text("2")
    await expect(page.locator("#open-n")).to_have_text("no. 1")  # the head stays open
    await keys.press("w")
    await expect(page.locator("#public-says")).to_contain_text("2 merged into it stay readable")
    await page.locator("#note").focus()
    await keys.type("Names somebody")
    await page.locator("form[data-act=screen] button.act").press("Enter")
    await expect(page.locator("#desk-error")).to_contain_text("Split all of them first")
    await expect(page.locator("#note")).to_have_value("Names somebody")
    await page.locator("#screen-alone").press("Enter")
    await expect(page.locator("[data-count=screened_out]")).to_have_text("1")
    await expect(page.locator("[data-count=merged]")).to_have_text("0")
    await expect(page.locator("[data-count=listed]")).to_have_text("3")
    hall.excuse("409")


async def test_the_line_is_moved_a_question_skipped_and_a_decision_reversed(hall: Hall) -> None:
    page = await at_desk(hall, await listed(hall, "Line by keys"))
    keys, line = page.keyboard, page.locator("#desk-line a")
    for n in (1, 2, 3):
        await open_number(page, n)
        await keys.press("p")
        await expect(line).to_have_count(n)
    await keys.press("Shift+ArrowUp")
    await expect(line).to_have_text(["no. 1", "no. 3", "no. 2"])
    await expect(page.locator("#said")).to_have_text("No. 3 is at place 2 of 3 now.")
    await line.nth(0).focus()
    await keys.press("Shift+ArrowDown")
    await keys.press("Shift+ArrowDown")
    await expect(line).to_have_text(["no. 3", "no. 2", "no. 1"])
    await expect(line.nth(2)).to_be_focused()
    await keys.press("Escape")
    await keys.press("z")
    await keys.press("1")
    await keys.press("Enter")
    await expect(line).to_have_text(["no. 2", "no. 1"])
    await open_number(page, 4)
    await keys.press("v")  # a listed one: screened out after all
    await keys.press("2")
    await keys.press("Enter")
    await expect(page.locator("[data-count=screened_out]")).to_have_text("1")
    await done(page, 4, "screened out")
    await keys.press("4")
    await keys.press("v")
    await expect(page.locator("[data-count=screened_out]")).to_have_text("0")
    await expect(page.locator("[data-count=listed]")).to_have_text("4")


async def test_what_one_types_is_kept_when_another_decides_first(hall: Hall) -> None:
    place = await listed(hall, "Typed at two desks")
    one, two = await at_desk(hall, place), await at_desk(hall, place)
    await open_number(one, 2)
    await open_number(two, 2)
    await two.keyboard.press("x")
    await two.keyboard.press("2")
    await two.locator("#note").focus()
    await two.keyboard.type("Ask the cat")
    await one.keyboard.press("e")
    await one.keyboard.press("Control+a")
    await one.keyboard.type("When does the canteen open?")
    await one.locator("form[data-act=word] button").press("Enter")
    told = two.locator("#desk-error")
    await expect(told).to_contain_text("Moderator 1 changed no. 2 meanwhile.")
    await expect(two.locator("#note")).to_be_focused()
    await two.keyboard.type("ering.")
    await expect(two.locator("#note")).to_have_value("Ask the catering.")
    await expect(two.locator("[data-count=screened_out]")).to_have_text("0")
    await two.locator("form[data-act=screen] button.act").press("Enter")
    await expect(told).to_contain_text("Somebody decided first")
    await expect(told).to_contain_text("Moderator 1")
    await expect(told).to_contain_text("send it again")
    await expect(two.locator("#note")).to_have_value("Ask the catering.")
    await two.locator("form[data-act=screen] button.act").press("Enter")
    await expect(two.locator("[data-count=screened_out]")).to_have_text("1")
    hall.excuse("409")


async def test_without_a_script_groups_and_the_line_are_plain_forms(hall: Hall) -> None:
    place = await listed(hall, "Plain groups")
    helper = await at_desk(hall, place)
    await merge(helper, 2, 1)
    await merge(helper, 3, 1)
    page = await plain_desk(hall, place)
    await page.goto(place.path("/desk?queue=listed&n=1"))
    await page.locator("#member-rows button").first.click()
    await expect(page.locator("#member-rows li")).to_have_count(1)
    for n in (1, 4):
        await page.goto(place.path(f"/desk?queue=listed&n={n}"))
        await page.locator("form[data-act=line_up] button").click()
    await page.locator("#desk-line li").nth(1).locator("button[value='-1']").click()
    await expect(page.locator("#desk-line a")).to_have_text(["no. 4", "no. 1"])
    await expect(page.locator("#desk-line .clip")).to_have_text([TEXTS[3], TEXTS[0]])
    await page.goto(place.path("/desk?queue=listed&n=4"))
    await page.locator("details[data-fold=screen] summary").click()
    await page.locator("input[value=off-topic]").check()
    await page.locator("#note").fill("Kept for me")
    await open_number(helper, 4)
    await helper.keyboard.press("z")
    await helper.keyboard.press("1")
    await helper.keyboard.press("Enter")
    await expect(page.locator("#desk-line a")).to_have_count(2)
    await expect(helper.locator("#desk-line a")).to_have_count(1)
    await page.locator("form[data-act=screen] button.act").click()
    await expect(page.locator("#desk-error")).to_contain_text("decided by Moderator 1")
    await expect(page.locator("#open-n")).to_have_text("no. 4")
    await expect(page.locator("#note")).to_have_value("Kept for me")
    await expect(page.locator("input[value=off-topic]")).to_be_checked()
    await page.locator("form[data-act=screen] button.act").click()
    await expect(page.locator("[data-count=screened_out]")).to_have_text("1")
    hall.excuse("409")


async def plain_desk(hall: Hall, place: Place, look: Look = NO_SCRIPTS) -> Page:
    """A moderator's desk in a browser without scripts."""
    page = await hall.stranger(look)
    await page.goto(place.path("/invite"))
    await page.locator("input[name=token]").fill(await hall.invitation(place, "moderator"))
    await page.locator("button.act").click()
    await page.wait_for_url(f"**{place.path('/desk')}")
    return page
