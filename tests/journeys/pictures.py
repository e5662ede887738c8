"""Pictures of every page of a running product: ./openfloor pictures [FOLDER] [NAME ...]"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from playwright.async_api import Page

from tests.journeys.exhibits import exhibition
from tests.journeys.hall import open_hall

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
TALLEST_PX = {1280: 800, 360: 740}  # a page is cut here: the rest repeats itself


async def take(page: Page, path: Path, kind: str) -> None:
    """One picture of the page that is shown, cut where it gets long. `kind`: 1280, 360 or dark."""
    width = 360 if kind == "360" else 1280
    # A stage is drawn for its whole screen; any other page is as high as what it says.
    hall = width == 1280 and await page.locator("body.stage, body.overlay").count()
    await page.set_viewport_size({"width": width, "height": 720 if hall else 480})
    await page.emulate_media(color_scheme="dark" if kind == "dark" else "light")
    await page.evaluate("scrollTo(0, 0)")
    if width == 360:
        asking = page.locator(".asking:has(.ticket, #similar:not([hidden]))")
        for told in (asking, page.locator("#verdict:visible"), page.locator("details.fold[open]")):
            if await told.count():
                await told.first.evaluate("(told) => told.scrollIntoView()")
    high = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": min(high, TALLEST_PX[width])})
    await page.screenshot(path=path)


async def main(folder: Path, names: set[str]) -> None:
    """Write the pictures of the named pages, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    async with open_hall() as hall:
        for exhibit in await exhibition(hall):
            await exhibit.show(exhibit.page)
            if names and exhibit.name not in names:
                continue
            for kind in exhibit.pictures:
                await take(exhibit.page, folder / f"{exhibit.name}-{kind}.png", kind)
            await exhibit.page.emulate_media(color_scheme="light")
        print("\n".join(hall.complaints))


if __name__ == "__main__":
    parser = argparse.ArgumentParser("openfloor pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", help="of pages; all of them where none is named")
    asked = parser.parse_args()
    asyncio.run(main(asked.folder, set(asked.names)))
