"""A page that could not be shown comes back by itself, as it says."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, async_playwright, expect

from tests.frontend.fixtures import rendered
from tests.frontend.running import CSP, ORIGIN, chromium, from_disk

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_page_of_an_absent_store_is_loaded_again_once_it_answers(scripts: bool) -> None:
    asked: list[str] = []

    async def serve(route: Route) -> None:
        request, policy = route.request, {"Content-Security-Policy": CSP}
        if request.url.startswith(f"{ORIGIN}/frontend/"):
            return await from_disk(route)
        asked.append(request.method)
        there = len(asked) > (3 if scripts else 1)
        body = "<h1>Here again</h1>" if there else rendered("error")
        status = 200 if there else 503
        await route.fulfill(status=status, body=body, content_type="text/html", headers=policy)

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page(java_script_enabled=scripts)
        page.set_default_timeout(60_000)
        await page.route("**/*", serve)
        await page.goto(f"{ORIGIN}/m/autumn/desk/log")
        await expect(page.locator("h1")).to_have_text("Here again")
        assert [method for method in asked if method != "HEAD"] == ["GET", "GET"]
        await browser.close()
