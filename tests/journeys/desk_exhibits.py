"""The desk on a campaign: copies about to be merged into the first of them, a head with its members, and
a merge whose two texts differ in what they ask."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import ANALYSED_MS, Hall
from tests.journeys.stage_exhibits import Staff

SAME = "Will the night shift get its meal breaks back before the winter?"
MERGED = "When will the canteen by the harbour take cards?"
DENIED = "Why will the canteen by the harbour not take cards before March?"


async def desk_exhibits(hall: Hall) -> list[Exhibit]:
    """All in the browser of one moderator."""
    place = await hall.meeting("Autumn town hall", after_display=False)
    campaign = (SAME, SAME, f"{SAME}!", SAME.upper(), f"{SAME} Nobody tells us.")
    for words in campaign:
        await hall.ask(place, await hall.joined(place), words)
    q = [await hall.ask(place, await hall.joined(place), MERGED) for _ in range(3)]
    staff = await Staff.join(hall, place, "moderator")
    copies = [{"q": copy, "revision": 1} for copy in q[1:]]
    await staff.act(f"/questions/{q[0]}/merge-copies", revision=1, copies=copies)
    await hall.ask(place, await hall.joined(place), DENIED)
    moderator = await hall.moderator(place)

    async def merging(page: Page) -> None:
        await page.goto(place.path("/desk"))
        await expect(page.locator("#copy-rows li")).to_have_count(
            len(campaign) - 1, timeout=ANALYSED_MS
        )
        await page.keyboard.press("c")
        await expect(page.locator("#merge-copies button")).to_be_focused()

    async def differing(page: Page) -> None:
        await page.goto(place.path(f"/desk?n={len(campaign) + len(q) + 1}"))
        await page.keyboard.press("m")
        await page.keyboard.type(str(len(campaign) + 1))
        await expect(page.locator("#merge-warning")).to_be_visible()

    listed = at(place.path("/desk?queue=listed"))
    return [
        Exhibit("desk-copies", moderator, merging),
        Exhibit("desk-group", moderator, listed),
        Exhibit("desk-differ", moderator, differing),
    ]
