"""Pictures of every page of a running product: ./openfloor pictures [FOLDER] [NAME ...]"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from tests.journeys.exhibits import exhibition
from tests.journeys.hall import open_hall

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LONGEST_PX = 1600  # a full page is cut here: the rest repeats itself


async def take(page: Page, path: Path, width: int, scheme: Literal["light", "dark"]) -> None:
    """One picture of the page that is shown, from its top, at most LONGEST_PX high."""
    await page.set_viewport_size({"width": width, "height": 800 if width > 600 else 740})
    await page.emulate_media(color_scheme=scheme)
    await page.evaluate("scrollTo(0, 0)")
    high = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": min(high, LONGEST_PX)})
    await page.screenshot(path=path)


async def main(folder: Path, names: set[str]) -> None:
    """Write the pictures of the named pages, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    async with open_hall() as hall:
        for exhibit in await exhibition(hall):
            await exhibit.show(exhibit.page)
            if names and exhibit.name not in names:
                continue
            for width in (1280, 360):
                await take(exhibit.page, folder / f"{exhibit.name}-{width}.png", width, "light")
            await take(exhibit.page, folder / f"{exhibit.name}-dark.png", 1280, "dark")
            await exhibit.page.emulate_media(color_scheme="light")
        print("\n".join(hall.complaints))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, set(sys.argv[2:])))
