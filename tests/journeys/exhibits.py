"""Every page of the product in the states that people meet, to be looked at and checked."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, expect

from tests.journeys import crowd
from tests.journeys.desk_exhibits import desk_exhibits
from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import Hall, Place
from tests.journeys.job_exhibits import job_exhibits
from tests.journeys.receipt_exhibits import receipt_exhibits
from tests.journeys.stage_exhibits import stage_exhibits


async def _boards(hall: Hall, questions: int) -> list[Exhibit]:
    full, small, awkward, empty, closed = await asyncio.gather(
        crowd.full(hall, questions),
        crowd.small(hall),
        crowd.awkward(hall),
        hall.meeting("First meeting of the new site", voting=False),
        crowd.small(hall),
    )
    await hall.change(closed, phase="closed")
    places = (full, small, empty, awkward, closed)
    voted, *others = await asyncio.gather(*(hall.attendee(place) for place in places))
    for n in (9, 20 % questions):
        await voted.locator(f".row[data-n='{n}'] button.box").click()
        await expect(voted.locator(f".row[data-n='{n}'] [aria-pressed=true]")).to_be_visible()
    await expect(voted.locator(".pending")).to_have_count(0)
    found = [Exhibit("board-full", voted, at(full.path()), ("1280", "360", "dark"))]
    names = ("board-small", "board-empty", "board-awkward", "board-closed")
    for name, place, page in zip(names, places[1:], others, strict=True):
        found.append(Exhibit(name, page, at(place.path())))
    stranger = await hall.stranger()
    found.append(Exhibit("board-reader", stranger, at(small.path())))
    found.append(Exhibit("board-search", found[0].page, at(full.path("?search=zzz")), ()))
    found.append(Exhibit("board-fair", found[0].page, at(full.path("?order=fair")), ()))
    found.append(Exhibit("question", found[0].page, at(full.path("/q/9")), ("360",)))
    found.append(Exhibit("question-long", found[3].page, at(awkward.path("/q/3")), ("360",)))
    return [*found, *await _asking(hall, full, found[0].page)]


async def _asking(hall: Hall, place: Place, page: Page) -> list[Exhibit]:
    async def typing(page: Page) -> None:
        await page.goto(place.path())
        await page.locator("#ask-text").fill("Who decided on the travel freeze?")
        await expect(page.locator("#similar")).to_be_visible()

    async def receipt(page: Page) -> None:
        await page.goto(place.path())
        await page.locator("#ask-text").fill("Will there be a recording with subtitles?")
        await page.locator("#ask button[type=submit]").click()
        await expect(page.locator(".ticket .proof[data-proof=checked]")).to_be_visible()

    async def fate(page: Page) -> None:
        await page.goto(place.path("/mine"))
        await page.locator(".ticket .acts a[href*='/fate/']").first.click()
        await page.wait_for_url("**/fate/*")

    async def made(page: Page) -> None:
        await page.goto(place.path("/device"))
        await page.locator("main button").click()
        await expect(page.locator(".qr")).to_be_visible()

    newcomer = await hall.attendee(place)
    return [
        Exhibit("asking-similar", page, typing, ("360",)),
        Exhibit("asking-receipt", page, receipt, ("360", "dark")),
        Exhibit("mine", page, at(place.path("/mine"))),
        Exhibit("mine-empty", newcomer, at(place.path("/mine")), ("360",)),
        Exhibit("fate", page, fate),
        Exhibit("device", page, at(place.path("/device")), ("360",)),
        Exhibit("device-made", page, made),
    ]


async def _doors(hall: Hall, place: Place) -> list[Exhibit]:
    stranger = await hall.stranger()
    roster = await hall.meeting("Works meeting", admission="roster")

    async def wrong_code(page: Page) -> None:
        await page.goto(place.path("/join"))
        await page.locator("input[name=code]").fill("not-the-code")
        await page.locator("button.act").click()
        await expect(page.locator(".complaint")).to_be_visible()

    async def signed_out(page: Page) -> None:
        await page.goto(place.path())
        await page.locator("footer button").click()
        await expect(page.locator("main a.act")).to_be_visible()

    return [
        Exhibit("home", stranger, at("/")),
        Exhibit("join", stranger, at(place.path("/join"))),
        Exhibit("join-roster", stranger, at(roster.path("/join")), ("360",)),
        Exhibit("join-refused", stranger, wrong_code, ("360",)),
        Exhibit("device-take", stranger, at(place.path("/device#token-of-the-link")), ("360",)),
        Exhibit("invitation", stranger, at(place.path("/invite#token-of-the-link"))),
        Exhibit("error", stranger, at(place.path("/q/999")), ("360",)),
        Exhibit("signed-out", await hall.attendee(place), signed_out, ("360",)),
    ]


async def _staff(hall: Hall, place: Place) -> list[Exhibit]:
    organiser, moderator = await hall.organiser(), await hall.moderator(place)
    quiet = await hall.meeting("A quiet meeting")
    roster = await hall.meeting("A works meeting", admission="roster", phase="collecting")

    async def sheet(page: Page) -> None:
        await page.goto(roster.path("/organise"))
        await page.locator("#count").fill("6")
        await page.locator("form[action$='/roster'] button").click()
        await expect(page.locator(".slips li")).to_have_count(6)

    return [
        Exhibit(
            "screened-out", moderator, at(place.path("/screened-out")), ("1280", "360", "dark")
        ),
        Exhibit("screened-out-empty", organiser, at(quiet.path("/screened-out")), ("1280",)),
        Exhibit("desk", moderator, at(place.path("/desk"))),
        Exhibit("desk-empty", await hall.moderator(quiet), at(quiet.path("/desk")), ("1280",)),
        Exhibit("desk-log", moderator, at(place.path("/desk/log"))),
        Exhibit("organise-list", organiser, at("/organise"), ("1280",)),
        Exhibit("organise-new", organiser, at("/organise/new")),
        Exhibit("organise-meeting", organiser, at(place.path("/organise"))),
        Exhibit("organise-settings", organiser, at(place.path("/organise/settings")), ("1280",)),
        Exhibit("organise-phase", organiser, at(roster.path("/organise/phase/live")), ("1280",)),
        Exhibit(
            "organise-erase", organiser, at(place.path("/organise/erase?n=1")), ("1280", "360")
        ),
        Exhibit("organise-roster", organiser, at(roster.path("/organise")), ("360",)),
        Exhibit("roster-sheet", organiser, sheet, ("1280",)),
        Exhibit("policy", moderator, at(place.path("/policy")), ("360",)),
    ]


async def exhibition(hall: Hall, questions: int = 64) -> list[Exhibit]:
    """All of them, the full board with so many questions. Show them in this order: some need what
    an earlier one did."""

    async def of_the_screened() -> tuple[list[Exhibit], list[Exhibit], list[Exhibit]]:
        place = await crowd.screened(hall)
        doors, staff = await _doors(hall, place), await _staff(hall, place)
        return doors, staff, await job_exhibits(hall, place)

    (doors, staff, jobs), boards, desk, receipts, stage = await asyncio.gather(
        of_the_screened(),
        _boards(hall, questions),
        desk_exhibits(hall),
        receipt_exhibits(hall),
        stage_exhibits(hall),
    )
    return [*doors, *boards, *staff, *desk, *jobs, *receipts, *stage]
