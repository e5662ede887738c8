"""An organiser makes a file and takes it away; the page says by itself when it is there."""

from __future__ import annotations

import hashlib
import os
import signal
import zipfile

from playwright.async_api import expect

from tests.journeys import crowd
from tests.journeys.hall import Hall


async def test_an_organiser_takes_the_whole_record_away(hall: Hall) -> None:
    place = await crowd.small(hall)
    page = await hall.organiser()
    await page.goto(place.path("/organise"))
    await page.get_by_role("link", name="Exports").first.click()
    await expect(page.locator(".empty")).to_be_visible()
    worker, save = hall.running.find("worker"), page.get_by_role("link", name="Save ZIP")
    os.kill(worker, signal.SIGSTOP)  # else the file may be there before one can look
    try:
        await page.get_by_role("button", name="Make the file").press("Enter")
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await expect(save).to_have_count(0)
    finally:
        os.kill(worker, signal.SIGCONT)
    # Nobody reloads: the page does, once the file is there.
    await expect(save).to_be_visible()
    async with page.expect_download() as started:
        await save.click()
    path = await (await started.value).path()
    with zipfile.ZipFile(path) as whole:
        assert whole.testzip() is None
        assert {"README.txt", "questions.csv", "record.json", "log.zip"} <= set(whole.namelist())
    told = await page.locator("input.address").get_attribute("value")
    assert told == hashlib.sha256(path.read_bytes()).hexdigest()
    await page.goto("/organise/jobs")
    await expect(page.get_by_text("No worker is running")).to_have_count(0)
