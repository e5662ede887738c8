"""Every page: nothing for axe to find in light and dark, no sideways scrolling on a phone."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.journeys.exhibits import exhibition
from tests.journeys.hall import Hall

AGAIN = "async (rules) => (await axe.run(document, {runOnly: rules})).violations"
# Reads layout only, so that it also sees what a clipped container hides.
WIDEST = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


def _told(name: str, violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{name}: {found['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for found in violations
        for node in found["nodes"][:3]
    ]


async def _faults(name: str, page: Page) -> list[str]:
    await page.set_viewport_size({"width": 1280, "height": 800})
    found = _told(name, (await Axe().run(page)).response["violations"])
    await page.emulate_media(color_scheme="dark")
    found += _told(f"{name} (dark)", await page.evaluate(AGAIN, ["color-contrast"]))
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 360, "height": 740})
    wide = await page.evaluate(WIDEST)
    if wide > 360:
        found.append(f"{name}: {wide} px wide on a phone of 360 px")
    return found


async def test_every_page_is_accessible_and_fits_a_phone(hall: Hall) -> None:
    found: list[str] = []
    for exhibit in await exhibition(hall, questions=12):
        await exhibit.show(exhibit.page)
        found += await _faults(exhibit.name, exhibit.page)
        await exhibit.page.set_viewport_size({"width": 1280, "height": 800})
    for status in ("404", "400"):
        hall.excuse(f"responded with a status of {status}")
    assert found == []
