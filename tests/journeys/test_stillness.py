"""Rows keep still under a pointer and under focus; new questions wait behind a pill."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, expect

from tests.journeys.board_page import BoardPage
from tests.journeys.hall import PHONE, Hall, Place

FIRST, SECOND, THIRD = "What is the first thing?", "What is the second?", "What is the third?"


async def _three(hall: Hall) -> tuple[Place, str]:
    place = await hall.meeting("Stillness")
    asker = await hall.joined(place)
    for words in (FIRST, SECOND, THIRD):
        await hall.ask(place, asker, words)
    return place, asker


async def _top(board: BoardPage, words: str) -> float:
    place = await board.row(words).bounding_box()
    assert place is not None
    return place["y"]


async def _lift(hall: Hall, place: Place, n: int) -> None:
    """Two votes for a question from the crowd."""
    people = [await hall.joined(place) for _ in range(2)]
    await asyncio.gather(*(hall.vote(place, person, n) for person in people))


async def test_the_row_under_the_pointer_stays_and_moves_when_the_pointer_leaves(
    hall: Hall,
) -> None:
    place, _ = await _three(hall)
    board = BoardPage(await hall.attendee(place))
    await board.live()
    await board.row(FIRST).hover()
    before = await _top(board, FIRST)
    await _lift(hall, place, 3)
    await expect(board.row(THIRD).locator(".votes")).to_have_text("2")
    await board.order(FIRST, THIRD, SECOND)
    assert await _top(board, FIRST) == before
    await board.page.mouse.move(0, 0)
    await board.order(THIRD, FIRST, SECOND)


async def test_the_focused_row_stays_and_the_focus_with_it(hall: Hall) -> None:
    place, _ = await _three(hall)
    board = BoardPage(await hall.attendee(place))
    await board.live()
    await board.box(SECOND).focus()
    before = await _top(board, SECOND)
    await _lift(hall, place, 3)
    await board.order(THIRD, SECOND, FIRST)
    assert await _top(board, SECOND) == before
    await expect(board.box(SECOND)).to_be_focused()


async def _scrolled(page: Page) -> None:
    await page.evaluate("document.querySelector('#rows > :last-child').scrollIntoView()")


async def test_new_questions_wait_behind_a_pill_while_the_list_is_scrolled(hall: Hall) -> None:
    place, asker = await _three(hall)
    for n in range(12):
        await hall.ask(place, asker, f"One of a dozen further questions, number {n}?")
    board = BoardPage(await hall.attendee(place, PHONE))
    await board.live()
    await expect(board.page.locator("#rows > .row")).to_have_count(15)  # none of them is new to it
    await _scrolled(board.page)
    pill = board.page.locator("#pill")
    await expect(pill).to_be_hidden()
    for n in (1, 2):
        await hall.ask(place, asker, f"A question that came while you read, number {n}?")
        await expect(pill).to_have_text(f"{n} new")
    await expect(board.row("came while you read")).to_have_count(0)
    await pill.click()
    await expect(board.row("came while you read")).to_have_count(2)
    await expect(pill).to_be_hidden()
