"""The organiser's exports and the page of background jobs, as people meet them."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import Hall, Place

ALL = ("1280", "360", "dark")


async def job_exhibits(hall: Hall, place: Place) -> list[Exhibit]:
    """Nothing asked for, a file that is ready, and the queue."""
    organiser = await hall.organiser()

    async def ready(page: Page) -> None:
        await page.goto(place.path("/organise/exports"))
        await page.locator("main button.act").first.click()
        await expect(page.locator(".exports a[download]").first).to_be_visible()

    return [
        Exhibit("exports-empty", organiser, at(place.path("/organise/exports")), ("360",)),
        Exhibit("exports", organiser, ready, ("1280", "dark")),
        Exhibit("jobs", organiser, at("/organise/jobs"), ALL),
    ]
