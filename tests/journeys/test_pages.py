"""Every page, in German: nothing for axe to find on a desk and in the dark of a phone, no sideways
scrolling there, and no sentence left in English."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from server.catalogue import catalogue
from tests.journeys.exhibits import exhibition
from tests.journeys.hall import GERMAN, Hall

ALL = "async () => (await axe.run(document)).violations"
# Reads layout only, so that it also sees what a clipped container hides.
WIDEST = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
SAID = (
    "[document.body.innerText, ...Array.from(document.querySelectorAll('[aria-label]'),"
    " (e) => e.getAttribute('aria-label'))].join('\\n')"
)
LONG = 14  # from here on a sentence is looked for inside of lines, too


def _told(name: str, violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{name}: {found['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for found in violations
        for node in found["nodes"][:3]
    ]


def english() -> set[str]:
    """Whole sentences of the catalogue that German says otherwise; not what a meeting begins with,
    which is its own text from then on."""
    german, rules = catalogue("de"), "start."
    whole = ((key, text) for key, text in catalogue("en").items() if "{" not in text)
    return {text for key, text in whole if text != german[key] and not key.startswith(rules)}


def _in_english(name: str, said: str, sentences: set[str]) -> list[str]:
    lines = {line.strip() for line in said.splitlines()}
    return [
        f"{name}: says {text!r}"
        for text in sentences
        if text in lines or (len(text) >= LONG and text in said)
    ]


async def _faults(name: str, page: Page, sentences: set[str]) -> list[str]:
    await page.set_viewport_size({"width": 1280, "height": 800})
    found = _told(name, (await Axe().run(page)).response["violations"])
    found += _in_english(name, str(await page.evaluate(SAID)), sentences)
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 360, "height": 740})
    found += _told(f"{name} (dark, phone)", await page.evaluate(ALL))
    await page.emulate_media(color_scheme="light")
    wide = await page.evaluate(WIDEST)
    if wide > 360:
        found.append(f"{name}: {wide} px wide on a phone of 360 px")
    return found


async def test_every_page_is_accessible_fits_a_phone_and_speaks_german(hall: Hall) -> None:
    found: list[str] = []
    hall.lang, sentences = GERMAN.lang, english()
    for exhibit in await exhibition(hall, questions=12):
        await exhibit.show(exhibit.page)
        found += await _faults(exhibit.name, exhibit.page, sentences)
        await exhibit.page.set_viewport_size({"width": 1280, "height": 800})
    for status in ("404", "400", "401"):  # the page of one who signs out may ask for a line still
        hall.excuse(f"responded with a status of {status}")
    assert found == []
