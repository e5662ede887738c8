"""The page that checks receipts: empty, with a good receipt and its fate, with a bad one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage
from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import Hall
from tests.journeys.test_verify import fate_told

ALL = ("1280", "360", "dark")


async def receipt_exhibits(hall: Hall) -> list[Exhibit]:
    """In the browser of somebody who has asked and saved the receipt."""
    place = await hall.meeting("Autumn town hall")
    page = await hall.attendee(place)
    await BoardPage(page).live()
    await page.locator("#ask-text").fill("Will the travel freeze end in March?")
    await page.locator("#ask button[type=submit]").click()
    async with page.expect_download() as download:
        await page.locator(".ticket .offers a[download]").click()
    held = json.loads(Path(await (await download.value).path()).read_text())

    async def given(page: Page, receipt: object, verdict: str) -> None:
        await page.goto("/verify")
        data = json.dumps(receipt).encode()
        chosen: Any = {"name": "receipt-1.json", "mimeType": "application/json", "buffer": data}
        await page.locator("#receipt").set_input_files(chosen)
        await expect(page.locator(f"#verdict[data-verdict={verdict}]")).to_be_visible()

    async def good(page: Page) -> None:
        await given(page, held, "good")
        await fate_told(page, 2)

    async def bad(page: Page) -> None:
        await given(page, {**held, "opening": held["opening"].replace("March", "May")}, "bad")

    return [
        Exhibit("verify", page, at("/verify"), ALL),
        Exhibit("verify-good", page, good, ALL),
        Exhibit("verify-bad", page, bad, ALL),
    ]
