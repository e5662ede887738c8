"""The desk on a campaign: what is merged into its first question, and the copies that still wait."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import Hall
from tests.journeys.stage_exhibits import Staff

SAME = "Will the night shift get its meal breaks back before the winter?"


async def desk_exhibits(hall: Hall) -> list[Exhibit]:
    """In the browser of a moderator who is about to merge copies, and in one who looks at their head."""
    place = await hall.meeting("Autumn town hall", after_display=False)
    words = (
        SAME,
        SAME,
        f"{SAME}!",
        SAME.upper(),
        SAME,
        f"{SAME} Nobody tells us.",
        "Who plans the party?",
    )
    q = [await hall.ask(place, await hall.joined(place), said) for said in words]
    copies = [{"q": copy, "revision": 1} for copy in q[1:3]]
    staff = await Staff.join(hall, place, "moderator")
    await staff.act(f"/questions/{q[0]}/merge-copies", revision=1, copies=copies)
    moderator = await hall.moderator(place)

    async def merging(page: Page) -> None:
        await page.goto(place.path("/desk?queue=listed&n=1"))
        await expect(page.locator("#copy-rows li")).to_have_count(3)
        await page.keyboard.press("c")
        await expect(page.locator("#merge-copies button")).to_be_focused()

    listed = at(place.path("/desk?queue=listed"))
    return [Exhibit("desk-group", moderator, listed), Exhibit("desk-copies", moderator, merging)]
