"""What a page may call evidence: heads that were signed and contradict each other, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Response, Route, expect

from server.translog.checkpoint import Checkpoint, signer
from server.translog.note import Signer
from tests.journeys.board_page import BoardPage
from tests.journeys.hall import Hall, Place, comes_true, routed
from tests.journeys.test_receipts import CHECKED, FREEZE, asked, proof, saved
from tests.web.browsing import until

NO_ROOT = bytes(32)
WATCHED = """async () => {
  const { vkey, address, live } = document.getElementById("log").dataset;
  return (await import("/static/js/heads.js")).watchLog(address, vkey, live === "1");
}"""
KEPT = "([key, log]) => localStorage.setItem(`log:${key}`, JSON.stringify(log))"


async def proved(hall: Hall, title: str) -> tuple[Place, Page]:
    """Somebody whose question's proof was checked; their pages look at the log at once."""
    place = await hall.meeting(title)
    page = await hall.attendee(place)
    await page.add_init_script("Math.random = () => 0")
    await page.reload()
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    return place, page


async def vkey(page: Page) -> str:
    """The key that the page names."""
    return await page.locator("#log").get_attribute("data-vkey") or ""


def heads(page: Page) -> list[Response]:
    """Fills up with the heads that the page reads: a live record may grow between two of them."""
    read: list[Response] = []
    page.on("response", lambda answer: read.append(answer) if is_head(answer.url) else None)
    return read


async def was_read(read: list[Response], told: str) -> None:
    """What is told is one of the heads that the page reads. (Of an answer the browser may tell after the
    page has taken it in.)"""

    async def among() -> bool:
        return told in [await answer.text() for answer in [*read]]

    await until(among, "the page read the head that it shows")


def is_head(url: str) -> bool:
    """True for the address of a record's newest head."""
    return url.endswith("/checkpoint")


async def keep(page: Page, **log: object) -> None:
    """Let this browser keep that of the log, instead of what it kept."""
    key = await vkey(page)
    kept = {"vkey": key, "served": None, "others": [], "seen": [], **log}
    await page.evaluate(KEPT, [key.split("+")[0], kept])


async def evidence(page: Page, words: str) -> dict[str, Any]:
    """The file that the page offers with these words."""
    await expect(page.locator(".evidence")).to_contain_text(words)
    async with page.expect_download() as download:
        await page.locator(".evidence a[download]").click()
    return dict(json.loads(Path(await (await download.value).path()).read_text()))


def _own(hall: Hall, key: str) -> Signer:
    """The log's own key, as a thief would have it."""
    data = hall.running.data
    root_seed = (data.parent / f"{data.name}-keys" / "root").read_bytes()
    own = signer(root_seed, key.split("+")[0])
    assert own.key.text() == key
    return own


async def test_a_signed_head_that_the_record_does_not_contain_is_evidence(hall: Hall) -> None:
    _, page = await proved(hall, "Another history")
    own = _own(hall, await vkey(page))
    forged = own.sign(Checkpoint(own.key.name, 1, NO_ROOT).text())
    await keep(page, served=forged)
    await page.reload()
    told = await evidence(page, "rewritten")
    assert told["says"] == "history" and told["kept"] == [forged]
    assert told["served"].startswith(own.key.name)


async def test_a_reader_who_never_asked_keeps_what_was_shown_from_the_first_visit_on(
    hall: Hall,
) -> None:
    place = await hall.meeting("Read by strangers")
    await hall.ask(place, await hall.joined(place), "Why is there no plant?")
    for path in ("", "/screened-out", "/q/1"):
        page = await hall.stranger()
        await page.add_init_script("Math.random = () => 0")
        read = heads(page)
        await page.goto(place.path(path))
        key = await vkey(page)
        kept = f"JSON.parse(localStorage.getItem('log:{key.split('+')[0]}'))"
        await comes_true(page, kept)
        told = await page.evaluate(kept)
        assert told["vkey"] == key
        await was_read(read, told["served"])
        assert await page.evaluate(WATCHED) is None
        await keep(page, served=f"{key.split('+')[0]}\nno signature")
        assert await page.evaluate(WATCHED) is None
        shown = (await page.evaluate(kept))["served"]  # what was none is kept no more
        await was_read(read, shown)
        await keep(
            page, served=_own(hall, key).sign(Checkpoint(key.split("+")[0], 1, NO_ROOT).text())
        )
        await page.reload()
        await evidence(page, "rewritten")


async def test_a_shorter_record_is_met_with_both_signatures(hall: Hall) -> None:
    _, page = await proved(hall, "A shorter record")
    address = await page.locator("#log").get_attribute("data-address")
    before = await (await page.request.get(f"{address}/checkpoint")).text()
    await BoardPage(page).ask("Will the canteen open on Fridays?")
    await expect(page.locator(".asking .ticket .proof").first).to_have_text(CHECKED)
    assert await page.evaluate(WATCHED) is None
    await page.route("**/checkpoint", lambda route: route.fulfill(body=before))
    await page.reload()
    told = await evidence(page, "shorter")
    assert told["says"] == "shorter" and told["served"] == before
    assert int(told["kept"][0].split("\n")[1]) > int(before.split("\n")[1])


async def test_a_receipt_that_a_live_record_does_not_reach_is_evidence(hall: Hall) -> None:
    _, page = await proved(hall, "A forgotten receipt")
    address = await page.locator("#log").get_attribute("data-address")
    before = await (await page.request.get(f"{address}/checkpoint")).text()
    await BoardPage(page).ask("Will the canteen open on Fridays?")
    await expect(page.locator(".asking .ticket .proof").first).to_have_text(CHECKED)
    promised = (await saved(page))["proof"].partition("\n\n")[2]
    assert int(promised.split("\n")[1]) > int(before.split("\n")[1])
    await routed(page, "**/checkpoint", lambda route: route.fulfill(body=before))
    await keep(page, others=[promised])
    early = WATCHED.replace('live === "1"', "false")
    assert await page.evaluate(early) is None  # before the meeting a receipt may run ahead
    await keep(page, others=[promised])
    told = await page.evaluate(WATCHED)
    assert (told["says"], told["kept"], told["served"]) == ("shorter", [promised], before)


async def test_another_key_is_evidence_where_both_keys_signed(hall: Hall) -> None:
    _, page = await proved(hall, "Another key")
    other = Signer((await vkey(page)).split("+")[0], b"k" * 32)
    signed = other.sign(Checkpoint(other.key.name, 1, NO_ROOT).text())
    await keep(page, vkey=other.key.text(), served=signed.replace("\n1\n", "\n2\n"))
    assert await page.evaluate(WATCHED) is None  # this the other key never signed
    await keep(page, vkey=other.key.text())
    assert await page.evaluate(WATCHED) is None
    await keep(page, vkey=other.key.text(), served=signed)
    await page.reload()
    told = await evidence(page, "another key")
    assert told["says"] == "key" and told["kept"] == [other.key.text(), signed]


async def test_what_answers_in_the_place_of_the_log_is_no_evidence(hall: Hall) -> None:
    _, page = await proved(hall, "A portal")
    await BoardPage(page).ask("Will the canteen open on Fridays?")
    await expect(page.locator(".asking .ticket .proof").first).to_have_text(CHECKED)

    async def portal(route: Route) -> None:
        await route.fulfill(content_type="text/html", body="<h1>Accept our terms</h1>")

    async def bytes_of_nobody(route: Route) -> None:
        await route.fulfill(body=b"\xff\xfe" * 60)

    async def missing(route: Route) -> None:
        await route.fulfill(status=404)

    async def made_up(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=bytes(len(await answer.body())))

    for pattern, answer in (
        ("**/checkpoint", portal),
        ("**/checkpoint", bytes_of_nobody),
        ("**/checkpoint", missing),
        ("**/tile/**", portal),
        ("**/tile/**", missing),
        ("**/tile/**", made_up),
    ):
        await routed(page, pattern, answer)
        assert await page.evaluate(WATCHED) is None, (pattern, answer.__name__)
        await page.unroute(pattern)
    assert await page.evaluate(WATCHED) is None
    hall.excuse("404")


async def test_a_link_can_plant_no_evidence_and_no_doubt(hall: Hall) -> None:
    place, page = await proved(hall, "A planted link")
    follow = (await saved(page))["follow"]
    other = await hall.attendee(place)
    await other.add_init_script("Math.random = () => 0")
    await other.goto(f"{follow}#k={'A' * 22}&s=1&r={'A' * 43}")
    await expect(proof(other)).to_have_text(CHECKED)
    await expect(other.locator("#main > .notice")).to_contain_text("Nobody signed that")
    await expect(other.locator(".evidence, #main > .notice a")).to_have_count(0)
    await other.reload()
    await expect(proof(other)).to_have_text(CHECKED)
    await expect(other.locator("form[action$='/withdraw'] .secret input")).to_have_attribute(
        "required", ""
    )


async def test_over_plain_http_a_ticket_says_that_it_was_not_checked(hall: Hall) -> None:
    place = await hall.meeting("Plain http")
    page = await hall.attendee(place)
    await page.add_init_script(
        "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })"
    )
    await page.reload()
    await asked(hall, place, page)
    await expect(proof(page)).to_have_attribute("data-proof", "unable")
    await expect(proof(page)).to_contain_text("not checked by this browser")


async def test_a_portals_answer_is_no_receipt_and_an_erased_one_is_said_to_be(hall: Hall) -> None:
    place = await hall.meeting("No receipt")
    page = await hall.attendee(place)
    answers: list[int] = []

    async def portal(route: Route) -> None:
        answers.append(1)
        if len(answers) > 2:
            return await route.continue_()
        await route.fulfill(content_type="text/html", body="<h1>Accept our terms</h1>")

    await routed(page, "**/receipt.json", portal)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    assert len(answers) > 2
    await page.unroute("**/receipt.json")
    await page.route("**/receipt.json", lambda route: route.fulfill(status=410, body="{}"))
    await page.goto(place.path("/mine"))
    await expect(page.locator(".ticket", has_text=FREEZE).locator(".proof")).to_contain_text(
        "were erased"
    )
    hall.excuse("410")
