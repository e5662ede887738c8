"""What a flood makes of the open question at the desk: drawn fifty at a time, all of it in the end.
The desk's own page and scripts in a real browser; its server is a few words in a route."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, async_playwright, expect

from tests.frontend.desk_fixtures import at_desk, desk_row
from tests.frontend.fixtures import MEETING, REASONS, environment, page
from tests.frontend.running import CSP, ORIGIN, chromium, from_disk

PATIENCE_MS = 60_000  # a page that is drawn wrong stays wrong
pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")


@asynccontextmanager
async def desk(
    rows: list[dict[str, Any]], sent: list[Any] | None = None, scripts: bool = True, **more: Any
) -> AsyncIterator[Page]:
    """A desk with these questions and nothing new; what is merged is noted in `sent`. `more` is given to
    the page instead of what the fixture has."""
    context = {**at_desk(MEETING, REASONS, rows), **more}
    html = environment("en").get_template("desk.html")
    body = html.render(page=page("en", "moderator"), **context)

    async def serve(route: Route) -> None:
        url, policy = route.request.url, {"Content-Security-Policy": CSP}
        if url.startswith(f"{ORIGIN}/frontend/"):
            await from_disk(route)
        elif route.request.is_navigation_request():
            await route.fulfill(body=body, content_type="text/html", headers=policy)
        elif url.endswith("/merge-copies") and sent is not None:
            sent.append(json.loads(route.request.post_data or ""))
            await route.fulfill(json={"state": "listed", "revision": 2})
        else:
            await route.fulfill(status=403, json={})  # the sign-in has ended: nothing is polled

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        at = await browser.new_page(java_script_enabled=scripts)
        at.set_default_timeout(PATIENCE_MS)
        await at.route("**/*", serve)
        await at.goto(f"{ORIGIN}/m/autumn/desk")
        if scripts:
            await expect(at.locator("#show-keys")).to_be_visible(timeout=PATIENCE_MS)
        yield at
        await browser.close()


async def drawn(rows: Locator) -> list[str]:
    return await rows.locator("a.number").all_inner_texts()


async def walked(at: Page, rows: Locator, more: Locator) -> list[int]:
    """How many are drawn after each press of the button for more, by keyboard alone."""
    counts = [await rows.count()]
    await more.focus()
    while await more.is_visible():
        await at.keyboard.press("Enter")
        counts.append(await rows.count())
    return counts


async def test_of_a_merged_flood_fifty_are_drawn_and_the_rest_on_demand() -> None:
    head = desk_row(1, 0, state="listed", members=120)
    members = [desk_row(n, 0, state="merged", into=1, first="w1") for n in range(2, 122)]
    async with desk([head, *members]) as at:
        await at.keyboard.press("2")
        rows, more = at.locator("#member-rows li"), at.locator("#more-members")
        await expect(at.locator("#members-title")).to_have_text("Merged into it: 120")
        await expect(more).to_have_text("Show more merged ones: 70")
        assert await walked(at, rows, more) == [50, 100, 120]
        assert await drawn(rows) == [str(n) for n in range(2, 122)]
        await expect(rows.nth(100).locator("a.number")).to_be_focused()


async def test_copies_of_one_group_are_walked_to_their_end_and_merged_two_hundred_at_once() -> None:
    sent: list[Any] = []
    copies = [desk_row(n, 0, first="w1") for n in range(1, 262)]
    async with desk([*copies, desk_row(300, 0, text="Who pays?")], sent) as at:
        await expect(at.locator("#desk-rows .desk-row")).to_have_count(2)
        await expect(at.locator("#copies-title")).to_have_text("Copies waiting: 260")
        rows = at.locator("#copy-rows li")
        assert await walked(at, rows, at.locator("#more-copies")) == [50, 100, 150, 200, 250, 260]
        assert await drawn(rows) == [str(n) for n in range(2, 262)]
        await expect(rows.nth(250).locator("a.number")).to_be_focused()
        await at.keyboard.press("c")
        told = at.locator("#copies-told")
        await expect(told).to_contain_text("merged into this one: 200,")
        await expect(told).to_contain_text("wait for the next time: 60.")
        await at.keyboard.press("Enter")
        await expect(at.locator("#said")).to_have_text("No. 1: listed.")
        (merged,) = sent
        assert [row["q"] for row in merged["copies"]] == [f"w{n}" for n in range(2, 202)]
