"""What a row of the desk's list says of its question, drawn by the server and by the script alike."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, expect

from tests.frontend.desk_fixtures import desk_row
from tests.frontend.running import chromium
from tests.frontend.test_desk_floods import desk

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
ARABIC = "هل سيتم تجديد المطعم؟"
ROWS = [
    desk_row(1, 0, state="on_air", votes=9),
    desk_row(2, 0, state="listed", votes=3, text=ARABIC, lang="ar", dir="rtl"),
]
# Where the words of a row begin: how far their first line stands from the row's left edge, and its right.
EDGES = """(node) => {
    const range = document.createRange(), row = node.closest(".clip").getBoundingClientRect();
    range.selectNodeContents(node);
    const words = range.getBoundingClientRect();
    return [words.left - row.left, row.right - words.right];
}"""


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_list_says_what_is_on_air_and_begins_arabic_at_the_right(scripts: bool) -> None:
    async with desk(ROWS, scripts=scripts) as at:
        if scripts:
            await at.keyboard.press("2")
        rows = at.locator("#desk-rows .desk-row")
        await expect(rows).to_have_count(2)
        await expect(rows.nth(0).locator(".airs")).to_have_text("on air")
        await expect(rows.nth(1).locator(".airs")).to_be_hidden()
        for place, (near, far) in enumerate(((0, 1), (1, 0))):
            edges = await rows.nth(place).locator(".words").evaluate(EDGES)
            assert edges[near] < 2 < 20 < edges[far], (place, edges)


async def test_the_script_names_a_reason_as_the_page_does_and_a_meetings_own_by_its_code() -> None:
    out = [desk_row(n, 0, state="screened_out", reason=r) for n, r in ((1, "spam"), (2, "parking"))]
    out.append(desk_row(3, 0, state="screened_out", reason="names-individual"))
    async with desk(out) as at:
        for key, name in (("4", "names a person"), ("j", "parking"), ("j", "spam")):
            await at.keyboard.press(key)
            await expect(at.locator("#open-reason .value")).to_have_text(name)


SAID = (
    ({"reason": "spam", "withheld": True}, "reason", "Reason spam (text withheld)"),
    ({"reason": "duplicate", "target": 12}, "reason", "Reason duplicate, no. 12"),
    ({"stream_s": 3723}, "answer", "Answer: At 1:02:03 of the meeting."),
    ({"stream_s": 59, "answer": "Yes."}, "answer", "Answer: At 0:00:59 of the meeting. Yes."),
    ({"answer": "In May."}, "answer", "Answer: In May."),
)


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_open_question_says_what_was_decided_and_leads_to_its_history(
    scripts: bool,
) -> None:
    for values, part, told in SAID:
        state = "answered" if part == "answer" else "screened_out"
        row = desk_row(8, 0, state=state, votes=1, **values)
        async with desk([row], scripts=scripts) as at:
            if scripts:
                await at.keyboard.press("5" if part == "answer" else "4")
                await expect(at.locator("#desk-rows .votes-of")).to_have_text("1 vote")
            await expect(at.locator(f"#open-{part}")).to_have_text(told)
            await expect(at.locator("#open-votes")).to_have_text("1 vote")
            await expect(at.locator("#open-n")).to_have_attribute("href", "/m/autumn/q/8")


# A question, the act, what its form or button is called, and what the form's own button says.
NAMED = (
    ({"state": "listed"}, "answer", "a Mark answered", "Mark answered"),
    ({"state": "answered"}, "answer", "a Correct the answer", "Correct the answer"),
    ({"state": "listed"}, "screen", "x Screen out", "Screen out with this reason"),
    ({"state": "screened_out"}, "screen", "x Change the reason", "Screen out with this reason"),
    ({"state": "listed"}, "line_up", "p Line up", ""),
    ({"state": "listed", "n": 7}, "line_up", "p Take out of the line", ""),
)


@pytest.mark.parametrize("scripts", [True, False])
async def test_an_act_that_was_done_before_is_called_by_what_it_does_now(scripts: bool) -> None:
    keys = {"listed": "2", "screened_out": "4", "answered": "5"}
    for values, act, name, button in NAMED:
        row = {**desk_row(8, 0), **values}
        async with desk([row], scripts=scripts, offered=[act]) as at:
            if scripts:
                await at.keyboard.press(keys[row["state"]])
                await expect(at.locator("#open-state")).to_have_attribute(
                    "data-state", row["state"]
                )
            if not button:
                shown = at.locator(f"form[data-act={act}] button")
                assert await shown.inner_text() == name
                continue
            fold = at.locator(f"details[data-fold={act}]")
            assert await fold.locator("summary").inner_text() == name
            await fold.locator("summary").click()
            assert await fold.locator("button.act").inner_text() == button


async def test_a_decision_that_gets_no_answer_is_told_in_words_and_may_be_sent_again() -> None:
    async with desk([desk_row(1, 0)]) as at:
        tried: list[str] = []

        async def lost(route: Route) -> None:
            tried.append(route.request.url)
            await route.abort()

        await at.route("**/list", lost)
        await expect(at.locator("#desk-error")).to_contain_text("sign-in has ended")  # said once
        for presses in (1, 2):
            await at.keyboard.press("l")
            await expect(at.locator("#desk-error")).to_contain_text("not known yet whether")
            await expect(at.locator("#open-state")).to_have_text("waiting")
            assert len(tried) == presses
            await at.keyboard.press("Escape")
            await expect(at.locator("#desk-error")).to_be_hidden()


async def test_whose_sign_in_has_ended_is_told_so_and_what_to_do() -> None:
    async with desk([desk_row(1, 0)]) as at:  # its server answers that nobody is signed in
        for place in ("#desk-error", "#desk-link"):
            await expect(at.locator(place)).to_contain_text(
                "Only an organiser can invite you again"
            )
