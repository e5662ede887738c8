"""Where a person's own colours replace ours, what is on or open differs by more than colour and weight."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from tests.frontend.desk_fixtures import desk_row
from tests.frontend.running import ROOT, chromium
from tests.frontend.test_desk_floods import desk

STYLES = ("app", "desk")
LINES = """() => [...document.querySelectorAll('a')].map(
    (tab) => getComputedStyle(tab).borderBlockEndColor)"""
PAPER = "() => getComputedStyle(document.documentElement).backgroundColor"


def _page(tabs: str) -> str:
    css = "".join((ROOT / f"frontend/static/css/{name}.css").read_text("utf-8") for name in STYLES)
    return (
        f"<!doctype html><style>{css} html {{ background: Canvas; }}</style>"
        f'<ul class="{tabs}"><li><a href="#1" aria-current="true">on</a></li>'
        '<li><a href="#2">off</a></li></ul>'
    )


async def _seen(tabs: str) -> tuple[str, str, str]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await (await browser.new_context(forced_colors="active")).new_page()
        await page.set_content(_page(tabs))
        on, off = await page.evaluate(LINES)
        paper: str = await page.evaluate(PAPER)
        await browser.close()
    return on, off, paper


@pytest.mark.skipif(not chromium(), reason="needs a Chromium")
@pytest.mark.parametrize("tabs", ["tabs", "desk-tabs"])
async def test_only_the_tab_that_is_on_is_underlined_in_forced_colours(tabs: str) -> None:
    on, off, paper = await _seen(tabs)
    assert off == paper
    assert on != paper


@pytest.mark.skipif(not chromium(), reason="needs a Chromium")
async def test_the_open_questions_row_is_marked_in_forced_colours() -> None:
    async with desk([desk_row(1, 0), desk_row(2, 0, first="w2")]) as at:
        await at.emulate_media(forced_colors="active")
        widths = "(rows) => rows.map((row) => getComputedStyle(row).borderInlineStartWidth)"
        assert await at.locator(".desk-row a").evaluate_all(widths) == ["4px", "0px"]
