"""A store that was emptied and rebuilt from the leaves: pages, receipts and audits go on as before."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypercorn.config import Config
from playwright.async_api import async_playwright, expect
from quart import Quart
from redis.asyncio import Redis

from server.acts import erase
from server.domain.ids import fate_capability
from server.launch.ports import bind
from server.live.door import Conversation, Door
from server.live.port import listen
from server.live.socket import LiveSocket
from server.translog.checkpoint import log_id
from tests.acts.building import NOW, SECRET, Town
from tests.audit.building import run_audit
from tests.frontend.running import PATIENCE_MS, chromium
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import busy, closed, wiped
from tests.web.browsing import PATIENCE_S, Browser
from tests.web.test_told_record import site

LOST = "The text was lost with the server's store"
ERASED = "The text was erased"


@dataclass
class Before:
    """What was there before the store was emptied."""

    town: Town
    qs: list[str]
    receipt: dict[str, Any]
    histories: dict[int, list[str]]
    record: dict[str, Any]
    files: dict[str, str]

    @property
    def at(self) -> str:
        """The board's address."""
        return f"/m/{self.town.meeting.slug}"

    @property
    def log(self) -> str:
        """The log's."""
        return f"/log/{log_id(self.town.meeting.id)}"

    def fate(self, n: int) -> str:
        """The address of the asker of a question."""
        return f"{self.at}/fate/{fate_capability(SECRET, self.town.meeting.id, self.qs[n - 1])}"


FILES = ("checkpoint", "public.json", "vkey", "policy", "ticks/1.json")


async def _before(store: Redis, folder: Path, app: Quart, ends: bool = False) -> Before:
    """A meeting in which each act happened and number 3 was erased; its store is then wiped and rebuilt."""
    town, qs = await busy(store, folder)
    revision = (await town.look(qs[2])).revision
    await erase.erase_named(store, town.meeting, 3, revision, "law", NOW)
    await settle(sequencer_in(folder), store)
    if ends:
        await closed(store, folder, town)
    made = Before(town, qs, {}, {}, {}, {})
    browser = Browser(app)
    made.receipt = json.loads(await browser.get(f"{made.fate(1)}/receipt.json"))
    for n in range(1, 9):
        made.histories[n] = _acts(await browser.get(f"{made.at}/q/{n}"))
    made.record = json.loads(await browser.get(f"{made.at}/screened-out.json"))
    for name in FILES:
        made.files[name] = await browser.get(f"{made.log}/{name}")
        assert browser.status == 200, name
    await wiped(store)
    await settle(sequencer_in(folder, secret=SECRET), store)
    return made


def _acts(page: str) -> list[str]:
    """The acts of a question's history as the page tells them: what, by whom, when; no free words."""
    told = page[page.index('id="history"') :]
    told = re.sub(r'<p class="note">.*?</p>', "", told, flags=re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in told.split("<li>")[1:]]


async def _page(app: Quart, path: str) -> str:
    browser = Browser(app)
    page = html.unescape(await browser.get(path))
    assert browser.status == 200, (path, browser.status)
    assert "[erased" not in page and "[text lost" not in page
    return page


@pytest.mark.parametrize("ends", [False, True])
async def test_pages_of_a_rebuilt_meeting_tell_all_but_the_words(
    store: Redis, tmp_path: Path, ends: bool
) -> None:
    first = site(store, tmp_path)
    told = await _before(store, tmp_path, first, ends)
    app = site(store, tmp_path)  # as started anew
    for reader in (first, app):
        board = await _page(reader, told.at)
        assert board.count(LOST) >= 1 and ERASED in board
    for n in range(1, 9):
        page = await _page(app, f"{told.at}/q/{n}")
        assert _acts(page) == told.histories[n] != [], n
        assert "Is this question" not in page
    assert LOST in await _page(app, f"{told.at}/q/1") and ERASED in await _page(
        app, f"{told.at}/q/3"
    )
    page = await _page(app, f"{told.at}/screened-out")
    assert LOST in page and "Drawn from the meeting's published log" in page
    assert "is behind" not in page
    record = json.loads(await _page(app, f"{told.at}/screened-out.json"))
    for now, was in zip(record["screened_out"], told.record["screened_out"], strict=True):
        assert (now["text"], now["gone"]) == (None, "lost") and was["gone"] is None
        for name in ("number", "state", "reason"):
            assert now[name] == was[name]
        wordless = [{**act, "note": None} for act in was["entries"]]
        assert [{**act, "note": None} for act in now["entries"]] == wordless
    assert {k: v for k, v in record.items() if k != "screened_out"} == {
        k: v for k, v in told.record.items() if k != "screened_out"
    }
    assert "off-topic" in await _page(app, f"{told.at}/screened-out.csv")
    for path in ("/answers", "/stage", "/policy"):
        await _page(app, f"{told.at}{path}")


async def test_the_logs_files_and_the_askers_receipt_are_what_they_were(
    store: Redis, tmp_path: Path
) -> None:
    app = site(store, tmp_path)
    told = await _before(store, tmp_path, app)
    browser = Browser(app)
    for name, text in told.files.items():
        assert await browser.get(f"{told.log}/{name}") == text, name
    for n, status in ((1, 404), (3, 410), (7, 404)):
        await browser.get(f"{told.log}/opening/{told.qs[n - 1]}.json")
        assert browser.status == status, n
    page = await _page(app, told.fate(1))
    assert LOST in page and f"{told.at}/q/1" in page
    receipt = json.loads(await browser.get(f"{told.fate(1)}/receipt.json"))
    assert receipt["salt"] is None and LOST in receipt["lost"]
    for name in ("leaf", "q", "number", "vkey", "follow"):
        assert receipt[name] == told.receipt[name]


@asynccontextmanager
async def _served(store: Redis, folder: Path) -> AsyncIterator[str]:
    """The site on a port of its own."""

    def nobody(_: str) -> Conversation[LiveSocket]:
        raise AssertionError("no socket is opened here")

    bound = bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{bound[0].getsockname()[1]}"
    door = Door(frozenset(), frozenset(), 16_384, PATIENCE_S, 10, 10)
    app = site(store, folder, public_url=url)
    port = await listen(app, Config(), nobody, door, bound, None)
    try:
        yield url
    finally:
        port.close()
        await port.drain(0.0)


async def test_the_auditor_reads_the_rebuilt_record_at_its_address(
    store: Redis, tmp_path: Path
) -> None:
    told = await _before(store, tmp_path, site(store, tmp_path), True)
    held = tmp_path / "receipts"
    held.mkdir()
    (held / "mine.json").write_text(json.dumps(told.receipt))
    given = ("--vkey", told.files["vkey"].strip(), "--receipts", held)
    async with _served(store, tmp_path) as url:
        status, said = await asyncio.to_thread(run_audit, f"{url}{told.log}", *given)
    assert status < 2 and "Traceback" not in said, said
    assert "yes  A7" in said and "yes  A10" in said and "public texts" in said, said


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_the_page_checks_an_older_receipt_against_the_rebuilt_record(
    store: Redis, tmp_path: Path
) -> None:
    told = await _before(store, tmp_path, site(store, tmp_path))
    async with _served(store, tmp_path) as url, async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{url}/verify")
        data = json.dumps(told.receipt).encode()
        await page.locator("#receipt").set_input_files(
            {"name": "r.json", "mimeType": "application/json", "buffer": data}
        )
        await expect(page.locator("#verdict")).to_have_attribute("data-verdict", "good")
        archive = await page.request.get(f"{url}{told.log}/archive.zip")
        assert archive.status == 200
        await page.locator("#archive").set_input_files(
            {"name": "log.zip", "mimeType": "application/zip", "buffer": await archive.body()}
        )
        await expect(page.locator("#told .ledger li")).to_have_count(2)
        await expect(page.locator("#told")).to_contain_text("Listed")
        await browser.close()
