"""Changes of the board that are missed, told twice or out of order: the page ends with the server's board."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field

from playwright.async_api import WebSocketRoute

from tests.frontend.running import PATIENCE_MS
from tests.journeys.board_page import BoardPage
from tests.journeys.hall import Hall

FIRST, SECOND = "Will the bonus freeze end in March?", "May we bring dogs to the office?"
TROUBLE = ("doubled", "swapped", "passed", "missed", "passed")
HEARD_S = 1.0  # a tick, and the way of a page that comes back


@dataclass(slots=True)
class Meddler:
    """Stands between a page and the server; `told` counts what was done to changes."""

    on: bool = True
    told: Counter[str] = field(default_factory=Counter)
    _next: itertools.cycle[str] = field(default_factory=lambda: itertools.cycle(TROUBLE))

    def stand_between(self, page: WebSocketRoute) -> None:
        """For one connection of the page."""
        held: list[str | bytes] = []

        def pass_on(message: str | bytes) -> None:
            trouble = "passed"
            if self.on and str(message).startswith('{"t":"delta"'):
                trouble = next(self._next)
                self.told[trouble] += 1
            if trouble == "missed":
                return
            if trouble == "swapped":
                held.append(message)
                return
            for again in [message] * (2 if trouble == "doubled" else 1) + held:
                page.send(again)
            held.clear()

        page.connect_to_server().on_message(pass_on)

    async def heard(self, before: int) -> None:
        """Return once another change was told, or the page may be away."""
        until = time.monotonic() + HEARD_S
        while self.told.total() == before and time.monotonic() < until:
            await asyncio.sleep(0.01)


async def test_a_page_whose_changes_are_lost_doubled_and_swapped_shows_the_board(
    hall: Hall,
) -> None:
    place, meddler = await hall.meeting("Trouble"), Meddler()
    asker = await hall.joined(place)
    for words in (FIRST, SECOND):
        await hall.ask(place, asker, words)
    page = await hall.stranger()
    await page.route_web_socket("**/live/*", lambda socket: meddler.stand_between(socket))
    await page.goto(place.path("/join"))
    await page.locator("input[name=code]").fill(place.code)
    await page.locator("button.act").click()
    await page.wait_for_url(f"**{place.path()}")
    board = BoardPage(page)
    await board.live()
    votes, end = Counter[int](), time.monotonic() + PATIENCE_MS / 1000
    while (before := meddler.told.total()) < len(TROUBLE):  # on a slow machine ticks are wide
        assert time.monotonic() < end, meddler.told
        n = 1 + votes.total() % 2
        await hall.vote(place, await hall.joined(place), n)
        votes[n] += 1
        await meddler.heard(before)
    assert min(meddler.told[kind] for kind in ("missed", "doubled", "swapped")) > 0
    meddler.on = False
    await hall.vote(place, await hall.joined(place), 2)  # the next change shows what is missing
    await board.shows(FIRST, votes[1], mine=False)
    await board.shows(SECOND, votes[2] + 1, mine=False)
