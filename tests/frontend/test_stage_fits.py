"""A stage is looked at, never scrolled: whatever is on air, all of it and the way in are on the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright

from tests.frontend.fixtures import environment, page, pages, row
from tests.frontend.running import CSP, ORIGIN, chromium, from_disk

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
SCREENS = ((1280, 720), (1920, 1080), (1024, 768), (2560, 1080), (3840, 2160))
LENGTHS = (20, 70, 160, 320, 640, 1200, 2000)  # the longest of each step of the type
SAID = (
    "Why was the decision about the office in the north taken without those who work there? " * 24
)
UPRIGHT = ((768, 1024), (720, 720), (1080, 1920), (800, 600))
VIEWS = ("join", "wanted", "air")
# Is a view, from its first line's top to its last one's bottom, inside of its place on the screen?
INSIDE = """(view) => {
  document.body.dataset.view = view;
  const place = document.querySelector("main").getBoundingClientRect();
  const shown = [...document.querySelector(`#view-${view}`).children];
  const parts = shown.map((part) => part.getBoundingClientRect()).filter((part) => part.height);
  return Math.min(...parts.map((part) => part.top)) >= place.top - 1
    && Math.max(...parts.map((part) => part.bottom)) <= place.bottom + 1;
}"""
HIGH = "document.documentElement.scrollHeight"
NEXT = "document.querySelector('.next').getBoundingClientRect().width"
TYPE = "parseFloat(getComputedStyle(document.querySelector('.now .words')).fontSize)"


def stage(length: int) -> str:
    """A stage with so many letters on air, three long ones in line, and three that were passed over."""
    template, role, context = pages()["stage"]
    more: dict[str, Any] = {"wording": None, "askers": 3, "stream_s": None, "picked": None}
    passed = [[n, "no-time"] for n in (3, 9, 10)]
    air = {**more, **row(12, 391, SAID[:length]), "picked": {"rank": 7, "passed": passed}}
    waiting = [{**more, **row(20 + n, 5, SAID[:500])} for n in range(3)]
    told = {**context, "on_air": air, "next": waiting, "wanted": [*waiting, *waiting[:2]]}
    return environment("en").get_template(template).render(page=page("en", role), **told)


async def show(at: Page, html: str) -> None:
    async def serve(route: Route) -> None:
        if route.request.url.startswith(f"{ORIGIN}/frontend/"):
            await from_disk(route)
        elif route.request.is_navigation_request():
            policy = {"Content-Security-Policy": CSP}
            await route.fulfill(body=html, content_type="text/html", headers=policy)
        else:
            await route.abort()

    await at.unroute_all()
    await at.route("**/*", serve)
    await at.goto(f"{ORIGIN}/m/autumn/stage")


async def test_all_of_a_question_of_any_length_is_on_every_screen_in_ever_larger_type() -> None:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(java_script_enabled=False)
        at = await context.new_page()
        types: dict[tuple[int, int], list[float]] = {screen: [] for screen in SCREENS}
        for length in LENGTHS:
            await show(at, stage(length))
            for width, height in SCREENS:
                await at.set_viewport_size({"width": width, "height": height})
                for view in VIEWS:
                    assert await at.evaluate(INSIDE, view), (view, length, width, height)
                    assert await at.evaluate(HIGH) <= height, (view, length, width, height)
                types[width, height].append(await at.evaluate(TYPE))
        await browser.close()
    for (_, height), sizes in types.items():
        assert sizes == sorted(sizes, reverse=True) and sizes[0] > height / 12


async def test_what_comes_next_is_read_on_an_upright_screen_too() -> None:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(java_script_enabled=False)
        at = await context.new_page()
        await show(at, stage(160))
        for width, height in (*UPRIGHT, *SCREENS):
            await at.set_viewport_size({"width": width, "height": height})
            assert await at.evaluate(NEXT) > 200, (width, height)
            assert await at.evaluate(HIGH) <= height, (width, height)
        await browser.close()
