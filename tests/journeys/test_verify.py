"""The page that checks receipts: from the server, and as a file without one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from server.translog import checkpoint, leaf, tile
from server.translog.tile import ENTRIES, Tile
from tests.audit.building import Made, honest
from tests.frontend.log_cases import VKEY, receipt_of, tampered, zipped
from tests.frontend.running import PATIENCE_MS, chromium
from tests.journeys.hall import Hall
from tests.journeys.test_receipts import CHECKED, asked, proof, saved
from tests.translog.building import ORIGIN, SEED, q_id
from tests.web.browsing import until
from tools.bundle.main import main

OTHER_ORIGIN = "qa.example/log/bbbbbbbbbbbbbbbbbbbbbbbbba"


def file(name: str, data: bytes) -> Any:
    """A file as a person chooses one."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


async def choose(page: Page, held: dict[str, Any]) -> None:
    """Give the page a receipt."""
    await page.locator("#receipt").set_input_files(file("r.json", json.dumps(held).encode()))


async def fate_told(page: Page, acts: int) -> None:
    """Let the page read the record until it tells of so many acts: a record may be behind."""
    told = page.locator("#told .history")

    async def all_of_it() -> bool:
        await page.locator("#ask-record").click()
        await expect(told).to_be_visible()
        return await told.locator("li").count() == acts

    await until(all_of_it, f"the record tells of {acts} acts")


async def test_a_real_receipt_is_good_and_the_record_tells_its_fate(hall: Hall) -> None:
    place = await hall.meeting("Verifying")
    page = await hall.attendee(place)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    held = await saved(page)
    await page.goto("/verify")
    await choose(page, held)
    await expect(page.locator("#verdict")).to_have_attribute("data-verdict", "good")
    await expect(page.locator("#verdict blockquote")).to_have_text(
        "Will the travel freeze end in March?"
    )
    await expect(page.locator("#verdict")).to_contain_text(held["vkey"])
    await fate_told(page, 2)
    await expect(page.locator("#told")).to_contain_text("Listed")
    async with page.expect_download() as download:
        await page.locator("a[href='/verify/offline.html']").click()
    path = await (await download.value).path()
    assert Path(path).read_text().startswith("<!doctype html>")


@pytest_asyncio.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Page]:
    """The offline page, opened from a disk by a browser without a network."""
    assert main([str(tmp_path)]) == 0
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(offline=True)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto((tmp_path / "openfloor-verify.en.html").as_uri())
        yield page
        await browser.close()
        assert [said for said in complaints if "ERR_INTERNET" not in said] == []


async def test_the_file_tells_good_receipts_from_tampered_ones(alone: Page) -> None:
    log = honest()
    verdict = alone.locator("#verdict")
    for held, wanted in tampered(log):
        await alone.locator("#vkey").fill(VKEY)
        await choose(alone, held)
        if isinstance(wanted, int):
            await expect(verdict).to_have_attribute("data-verdict", "good")
            told = 3 if held["opening"] else 2  # of a lost text nothing can be said
            await expect(verdict.locator(".check[data-check=yes]")).to_have_count(told)
        else:
            await expect(verdict).to_have_attribute("data-verdict", "bad")
            await expect(verdict).not_to_contain_text("why_")
            lost = verdict.locator("p", has_text="Keep this file as it is.")
            await expect(lost).to_have_count(0 if wanted == "shape" else 1)
        await expect(alone.locator("#fate")).to_be_visible(visible=isinstance(wanted, int))


async def test_a_receipt_of_another_record_is_said_to_be_one_and_accuses_nobody(
    alone: Page,
) -> None:
    log, verdict = honest(), alone.locator("#verdict")
    archive = file("log.zip", zipped(log))
    await alone.evaluate("document.getElementById('fate').hidden = false")
    await alone.locator("#archive").set_input_files(archive)
    await expect(verdict).to_have_text("This is an archive of a record. Choose your receipt first.")
    other = checkpoint.signer(SEED, OTHER_ORIGIN)
    await alone.locator("#vkey").fill(other.key.text())
    await choose(alone, receipt_of(log, 2, 7))
    await expect(verdict).to_have_attribute("data-verdict", "unable")
    await expect(verdict).to_contain_text("This receipt is of another record.")
    for name in (ORIGIN, OTHER_ORIGIN):
        await expect(verdict.locator("code", has_text=name)).to_have_count(1)
    await expect(alone.locator("#fate")).to_be_hidden()
    await alone.locator("#vkey").fill("")
    await choose(alone, receipt_of(log, 2, 7))
    await expect(verdict).to_have_attribute("data-verdict", "good")
    foreign = Made(origin=OTHER_ORIGIN).add("log.open")
    await alone.locator("#archive").set_input_files(file("other.zip", zipped(foreign)))
    await expect(alone.locator("#told")).to_have_text("It belongs to another record.")


async def test_a_key_that_was_mistyped_accuses_nobody(alone: Page) -> None:
    log, verdict = honest(), alone.locator("#verdict")
    for typed in ("abc", VKEY[:-3], VKEY.replace("+", "+0", 1)):
        await alone.locator("#vkey").fill(typed)
        await choose(alone, receipt_of(log, 2, 7))
        await expect(verdict).to_have_attribute("data-verdict", "unable")
        await expect(verdict).to_contain_text("The key that you entered cannot be read.")
        await expect(verdict).not_to_contain_text("Keep this file as it is.")
        await alone.locator("#vkey").fill("")
        await choose(alone, receipt_of(log, 2, 7))
        await expect(verdict).to_have_attribute("data-verdict", "good")


async def test_a_number_that_the_record_gives_to_another_question_is_named(alone: Page) -> None:
    log, told = honest(), alone.locator("#told")
    for number, shown in ((4, 0), (3, 1)):
        await choose(alone, {**receipt_of(log, 4, 7), "number": number})
        await expect(alone.locator("#verdict")).to_contain_text(f"No. {number}")
        await alone.locator("#archive").set_input_files(file("log.zip", zipped(log)))
        await expect(told.locator(".ledger li")).to_have_count(2)
        await expect(told.locator(".complaint")).to_have_count(shown)
    await expect(told).to_contain_text("In the record this question is no. 4, not no. 3.")


async def test_the_file_reads_an_archive_without_a_network(alone: Page) -> None:
    log = honest()
    await choose(alone, receipt_of(log, 4, 7))
    await expect(alone.locator("#verdict")).to_contain_text("Compare it with the one")
    archive = alone.locator("#archive")
    await archive.set_input_files(file("log.zip", zipped(log)))
    rows = alone.locator("#told .ledger li")
    await expect(rows).to_have_count(2)
    await expect(rows.last).to_contain_text("Screened out · personal-data · text withheld")
    other = honest()
    other.leaves[5] = leaf.finish({**_received(5), "via": "api"}, 1_789_995_006, None)
    await archive.set_input_files(file("other.zip", zipped(other)))
    await expect(alone.locator("#told")).to_contain_text("another history")
    size = len(log.leaves)
    odd = Made([*log.leaves[:-1], leaf.canonical({"by": 5, "q": q_id(4), "t": "q.list", "v": 1})])
    bundle = {Tile(ENTRIES, 0, size).path(): tile.bundle(odd.leaves)}
    signed = {"checkpoint": odd.note(size).encode()}
    await archive.set_input_files(file("odd.zip", zipped(log, bundle | signed)))
    await expect(alone.locator("#told")).to_contain_text("missing or damaged")
    await archive.set_input_files(file("log.zip", zipped(log)))
    await expect(rows).to_have_count(2)
    await archive.set_input_files(file("cut.zip", zipped(log)[:500]))
    await expect(alone.locator("#told")).to_contain_text("missing or damaged")
    await alone.locator("#ask-record").click()
    await expect(alone.locator("#told")).to_contain_text("does not answer")


async def test_the_file_tells_what_a_later_version_logged_in_words(alone: Page) -> None:
    log = Made().add("log.open").ask(1, "Question number 1?").add("q.propose", q_id(1))
    log.add("q.screen", q_id(1), withheld=1, reason="abusive").add("q.lapse", q_id(1))
    await choose(alone, receipt_of(log.add("log.key"), 1, 6))
    await expect(alone.locator("#verdict")).to_have_attribute("data-verdict", "good")
    await alone.locator("#archive").set_input_files(file("log.zip", zipped(log)))
    rows = alone.locator("#told .ledger li")
    await expect(rows).to_have_count(4)
    proposed = "Proposed to a second person · screen out · off-topic · Moderator 3"
    await expect(rows.nth(1)).to_contain_text(proposed)
    await expect(rows.last).to_contain_text("Withholding lapsed")


def _received(n: int) -> dict[str, Any]:
    found = leaf.parse(honest().leaves[n])
    return {"v": 1, "t": found.kind, **found.fields}
