"""Pictures of every page from fixtures: python -m tests.frontend.preview FOLDER [name ...]"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Route, async_playwright

from tests.frontend.fixtures import pages, rendered
from tests.frontend.running import CSP, ORIGIN, chromium, from_disk

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def picture(browser: Browser, folder: Path, name: str) -> None:
    """One page at both widths, light and dark; prints what the browser complains of."""

    async def serve(route: Route) -> None:
        if route.request.url.startswith(f"{ORIGIN}/frontend/"):
            await from_disk(route)
        elif route.request.is_navigation_request():
            policy = {"Content-Security-Policy": CSP}
            await route.fulfill(body=rendered(name), content_type="text/html", headers=policy)
        else:
            await route.abort()

    for width in (360, 1280):
        for scheme in SCHEMES:
            size = {"width": width, "height": 740}
            page = await browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            page.on("pageerror", lambda error: print(name, error))
            await page.route("**/*", serve)
            await page.goto(f"{ORIGIN}/m/autumn")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                print(f"{name}: {wide} px wide at {width}")
            path = folder / f"{name}-{width}-{scheme}.png"
            await page.screenshot(path=path, full_page=True)
            await page.close()


async def main(folder: Path, names: list[str]) -> None:
    """Take the pictures of the named pages, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name in names or sorted(pages()):
            await picture(browser, folder, name)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
