"""A receipt in a real browser: proved before it is called received, and worth something elsewhere."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.journeys.board_page import BoardPage, drawn
from tests.journeys.hall import GERMAN, NO_SCRIPTS, PHONE, Hall, Place, routed

FREEZE = "Will the travel freeze end in March?"
CHECKED = "Received. This browser checked the proof."


def proof(page: Page) -> Locator:
    """The line that says how far the proof is."""
    return page.locator(".ticket .proof").first


async def asked(hall: Hall, place: Place, page: Page) -> None:
    """Ask by the form, over the socket."""
    board = BoardPage(page)
    await board.live()
    await board.ask(FREEZE)


async def saved(page: Page) -> dict[str, Any]:
    """The receipt file that the button gives."""
    async with page.expect_download() as download:
        await page.locator(".ticket .offers a[download]").first.click()
    path = await (await download.value).path()
    return dict(json.loads(Path(path).read_text()))


async def unlocked(form: Locator) -> None:
    """The form has what it needs from the receipt that this browser keeps."""
    await expect(form.locator(".secret")).to_have_attribute("hidden", "")


async def test_a_question_is_called_received_once_its_proof_is_checked(hall: Hall) -> None:
    place = await hall.meeting("Receipts")
    page = await hall.attendee(place, PHONE)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    held = await saved(page)
    assert len(held["code"]) == 22 and json.loads(held["opening"])["text"] == FREEZE
    await page.locator(".ticket .offers summary").click()
    await expect(page.locator(".ticket svg.qr")).to_be_visible()
    await page.reload()
    await page.goto(place.path("/mine"))
    await expect(proof(page)).to_have_text(CHECKED)


async def test_a_number_that_comes_after_the_answer_is_shown_with_the_receipt(hall: Hall) -> None:
    place = await hall.meeting("Receipts of the late")
    page = await hall.attendee(place)
    await BoardPage(page).live()
    sequencer, number = hall.running.find("sequencer"), page.locator(".ticket .number").first
    os.kill(sequencer, signal.SIGSTOP)
    try:
        await page.locator("#ask-text").fill(FREEZE)
        await page.locator("#ask button[type=submit]").click()
        await expect(number).to_have_text("Number follows")
    finally:
        os.kill(sequencer, signal.SIGCONT)
    await expect(number).to_have_text("No. 1")
    await expect(proof(page)).to_have_text(CHECKED)


async def test_the_form_without_a_socket_is_sealed_all_the_same(hall: Hall) -> None:
    place = await hall.meeting("Receipts by form")
    page = await hall.attendee(place)
    await page.route("**/ticket", lambda route: route.fulfill(status=503, body="{}"))
    await page.reload()
    await page.locator("#ask-text").fill(FREEZE)
    await page.locator("#ask button[type=submit]").click()
    await page.wait_for_url("**?asked=*")
    await expect(proof(page)).to_have_text(CHECKED)
    assert len((await saved(page))["code"]) == 22
    await page.close()  # it asks for a ticket again and again
    hall.excuse("503")


async def test_the_receipt_s_link_withdraws_elsewhere_and_nothing_else_does(hall: Hall) -> None:
    place = await hall.meeting("Receipts elsewhere")
    page, other = await hall.attendee(place), await hall.attendee(place, GERMAN)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    held = await saved(page)
    await other.goto(held["follow"])
    await expect(proof(other)).to_have_attribute("data-proof", "checked")
    await other.locator("summary", has_text="Zurückziehen").click()
    code = other.locator("form[action$='/withdraw'] .secret input")
    await expect(code).to_be_visible()
    await code.fill("A" * 22)
    await other.locator("form[action$='/withdraw'] button").click()
    await expect(other.locator("main")).to_contain_text("404")
    hall.excuse("404")
    await other.goto(held["follow"])
    await other.goto(f"{held['follow']}#k={held['code']}")
    await other.wait_for_url(held["follow"])
    await expect(proof(other)).to_have_attribute("data-proof", "checked")
    await other.locator("summary", has_text="Zurückziehen").click()
    await expect(code).to_be_hidden()
    await other.locator("form[action$='/withdraw'] button").click()
    await page.goto(held["follow"])
    await expect(page.locator(".ticket .state.withdrawn")).to_be_visible()


async def test_a_press_that_comes_before_the_secret_is_made_waits_for_it(hall: Hall) -> None:
    place = await hall.meeting("Receipts in haste")
    page = await hall.attendee(place)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    await page.add_init_script(
        "const real = crypto.subtle.sign.bind(crypto.subtle);"
        "const made = new Promise((done) => { window.make = done; });"
        "crypto.subtle.sign = (...given) => made.then(() => real(...given));"
    )
    await page.goto(place.path("/mine"))
    await page.locator("summary", has_text="Withdraw").click()
    form = page.locator("form[action$='/withdraw']")
    await unlocked(form)
    await form.locator("button").click()
    await page.evaluate("make()")
    await expect(page.locator(".ticket .state.withdrawn")).to_be_visible()


async def test_a_browser_without_a_script_has_the_file_and_the_weaker_class_is_said(
    hall: Hall,
) -> None:
    place = await hall.meeting("Receipts without scripts")
    page = await hall.attendee(place, NO_SCRIPTS)
    await page.locator("#ask-text").fill(FREEZE)
    await page.locator("#ask button[type=submit]").click()
    await page.wait_for_url("**?asked=*")
    number = page.locator(".ticket .number", has_text="No. 1")
    await drawn(page, number, "the question has its number, and so its receipt")
    async with page.expect_download() as download:
        await page.locator(".ticket .file a").first.click()
    path = await (await download.value).path()
    assert json.loads(Path(path).read_text())["number"] == 1
    await page.goto(place.path("/mine"))
    await expect(page.locator(".ticket")).to_contain_text("the weaker of two classes")
    await page.locator("summary", has_text="Withdraw").click()
    await page.locator("form[action$='/withdraw'] button").click()
    await expect(page.locator(".ticket .state.withdrawn")).to_be_visible()


async def test_another_text_than_the_one_that_was_typed_is_never_called_received(
    hall: Hall,
) -> None:
    place = await hall.meeting("Receipts of lies")
    page = await hall.attendee(place)

    async def lie(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        if "proof" in told:
            told["opening"] = told["opening"].replace("March", "April")
        await route.fulfill(response=answer, json=told)

    await routed(page, "**/receipt.json", lie)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_attribute("data-proof", "wrong")
    await expect(proof(page)).to_contain_text("another text")


async def test_a_text_that_the_server_lost_is_checked_from_what_the_browser_kept(
    hall: Hall,
) -> None:
    place = await hall.meeting("Receipts of the lost")
    page = await hall.attendee(place)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)

    async def lose(route: Route) -> None:
        answer = await route.fetch()
        lost = {"salt": None, "opening": None, "lost": "Lost."}
        await route.fulfill(response=answer, json={**await answer.json(), **lost})

    await page.route("**/receipt.json", lose)
    await page.goto(place.path("/mine"))
    await expect(proof(page)).to_have_text(CHECKED)
    assert json.loads((await saved(page))["opening"])["text"] == FREEZE
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await expect(proof(page)).to_have_attribute("data-proof", "lost")
    await expect(proof(page)).to_contain_text("The server lost the text")


async def test_a_browser_without_ed25519_says_that_it_did_not_check(hall: Hall) -> None:
    place = await hall.meeting("Receipts unchecked")
    page = await hall.attendee(place)
    await page.add_init_script(
        "const real = crypto.subtle.importKey.bind(crypto.subtle);"
        "crypto.subtle.importKey = (form, key, how, ...rest) => how.name === 'Ed25519'"
        " ? Promise.reject(new DOMException('no', 'NotSupportedError'))"
        " : real(form, key, how, ...rest);"
    )
    await page.reload()
    await asked(hall, place, page)
    await expect(proof(page)).to_have_attribute("data-proof", "unable")
    await expect(proof(page)).to_contain_text("not checked by this browser")


async def test_after_signing_out_the_receipts_can_be_taken_away(hall: Hall) -> None:
    place = await hall.meeting("Receipts left behind")
    page = await hall.attendee(place)
    await asked(hall, place, page)
    await expect(proof(page)).to_have_text(CHECKED)
    await page.locator("footer button").click()
    hall.excuse("401")  # the page that is left may ask for a line still, whose sign-in is over
    async with page.expect_download() as download:
        await page.locator("#kept a[download]").click()
    held = json.loads(Path(await (await download.value).path()).read_text())
    assert len(held["code"]) == 22 and FREEZE in held["opening"]
    await page.locator("#kept button").click()
    await expect(page.locator("#kept")).to_contain_text("gone")
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('receipt:')).length"
    assert await page.evaluate(kept) == 0
