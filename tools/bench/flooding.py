"""A flood of copies: 10,000 people send one text within a minute and one of
them another; when it is analysed, the desk then."""

from __future__ import annotations

import asyncio
import random
import secrets
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from server.acts import admission, meetings, staff, submit
from server.acts.admission import SignIn
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.domain.roles import Role
from server.store import analysis, keys, typed
from tools.bench import browser, machine, pages
from tools.bench.product import BenchFailed, Product

COPIES, OVER_S, DRAINED_S = 10_000, 60, 300
SAME = "Will the canteen in the north building open again this year, and if not, why?"
OTHER = "Who pays for the trip to the autumn fair, and where can one put a name down?"
SIDE_BY_SIDE = 32
WATCHED_S = 8


@dataclass(frozen=True, slots=True)
class Flood:
    """Seconds the texts took, seconds until all were analysed, the worker's memory, the desk."""

    sent_s: float
    drained_s: float
    worker_mb: float
    rows: int
    said: str
    other_there: bool
    update_ms: float
    focus_lost: int


def now() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


async def new_meeting(store: Redis) -> Meeting:
    """A live meeting whose questions wait."""
    fields = {"title": "Bench", "phase": "live", "asking": True, "submit_limit": 1000}
    return await meetings.create(store, fields, now())


async def send(store: Redis, up: Product, meeting: Meeting, by: SignIn, text: str) -> None:
    """One question, as a page sends it."""
    await submit.submit(
        store,
        meeting,
        by,
        q=from_bytes(secrets.token_bytes(16)),
        text=text,
        lang="en",
        name=None,
        via="web",
        secret=up.secret,
        now=now(),
    )


def workers(up: Product) -> list[int]:
    """The worker's process and the one that it runs a job in."""
    fields = Path(f"/proc/{up.server}/stat").read_text().rpartition(")")[2].split()
    return [
        pid for pid, command in machine.children(int(fields[1])).items() if "rq_worker" in command
    ]


def _memory_mb(up: Product) -> float:
    used = 0
    for pid in workers(up):
        try:
            used += machine.resident_kb(pid)
        except OSError:
            continue  # a job's own process has just ended
    return used / 1000


async def flood(store: Redis, up: Product, chrome: Any) -> Flood:
    """One flood, on a running Openfloor with its own worker."""
    meeting, gate = await new_meeting(store), asyncio.Semaphore(SIDE_BY_SIDE)

    async def join() -> SignIn:
        async with gate:
            return (await admission.join(store, meeting, meeting.code, now())).sign_in

    people = await asyncio.gather(*(join() for _ in range(COPIES)))
    began = time.monotonic()

    async def one(at: int, by: SignIn) -> None:
        await asyncio.sleep(max(0.0, began + at * OVER_S / COPIES - time.monotonic()))
        async with gate:
            await send(store, up, meeting, by, SAME)

    peak, sending = 0.0, asyncio.gather(*(one(at, by) for at, by in enumerate(people)))
    while not sending.done():
        peak = max(peak, await asyncio.to_thread(_memory_mb, up))
        await asyncio.sleep(0.5)
    await sending
    last = time.monotonic()
    await send(store, up, meeting, people[0], OTHER)  # behind them all, and to be seen
    while int(await analysis.done(store, meeting.id) or 0) < COPIES + 1:
        peak = max(peak, await asyncio.to_thread(_memory_mb, up))
        if time.monotonic() - last > 2 * DRAINED_S:
            raise BenchFailed("The analysis did not end in time.")
        await asyncio.sleep(0.2)
    drained = time.monotonic() - last
    desk = await _at_desk(store, up, meeting, chrome)
    return Flood(round(last - began, 1), round(drained, 1), round(peak, 1), *desk)


async def _at_desk(
    store: Redis, up: Product, meeting: Meeting, chrome: Any
) -> tuple[int, str, bool, float, int]:
    """Rows on the desk, what the first says, and how it takes changes of its copies."""
    page = await browser.watched(chrome, up.origin)
    token = await staff.invite(store, meeting, Role.MODERATOR, now())
    await page.goto(f"/m/{meeting.slug}/invite#{token}")
    await page.locator("button.act").click()
    await page.wait_for_selector("#show-keys:visible")
    rows = page.locator(".desk-row")
    count, said = await rows.count(), await rows.first.locator(".asked").inner_text()
    there = await rows.filter(has_text=OTHER).count() == 1
    await rows.first.locator("a").focus()
    ids = await typed.zrange(store, keys.waiting(meeting.id), 0, 4_000)
    rng = random.Random(7)

    async def feed() -> None:
        run = " ".join(rng.sample(ids, pages.CHANGES))
        await store.xadd(keys.events(meeting.id), {"t": "analysis", "run": run})

    found = await pages.traced(page, chrome, feed, WATCHED_S)
    lost = int(await page.evaluate("window.focusLost"))
    return count, said, there, round(statistics.median(found.own), 1), lost
