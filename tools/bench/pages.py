"""The pages under change: the board of 500 rows and the desk of 2,000 on a processor four times slower."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from server.acts import decide, staff
from server.acts.admission import SignIn
from server.domain.roles import Role
from server.store import analysis, keys, question_rows, typed
from server.store.client import connect
from tools.bench import browser, machine, product
from tools.bench.product import BenchFailed, Product, Stage
from tools.bench.report import head, spread, table

BOARD_ROWS, DESK_ROWS = 500, 2000
CHANGES, PERIOD_S = 25, 0.25
DECIDED = 3  # of the changes on the desk so many are decisions of somebody else
WARM_S, CALM_S = 2, 60
MEDIAN_MS, P95_MS, FIRST_KB = 30, 60, 60


@dataclass(frozen=True, slots=True)
class Point:
    """One run of one page. Times in ms on the slowed main thread; bytes of a first visit."""

    who: str
    rows: int
    changes: int
    own_median: float
    own_p95: float
    median: float
    p95: float
    cpu_median: float
    focus_lost: int
    moved: int
    first: dict[str, int]
    load_average: str

    @property
    def first_kb(self) -> float:
        """All that a first visit was sent."""
        return sum(self.first.values()) / 1000


Feed = Callable[[], Awaitable[None]]


async def _fed(feed: Feed, seconds: float) -> None:
    """Change something once a period."""
    until = asyncio.get_running_loop().time() + seconds
    while (left := until - asyncio.get_running_loop().time()) > 0:
        began = time.monotonic()
        await feed()
        await asyncio.sleep(min(left, max(0.0, PERIOD_S - (time.monotonic() - began))))


async def traced(page: Any, chrome: Any, feed: Feed, seconds: int) -> browser.Updates:
    until = time.monotonic() + CALM_S
    while await browser.period_ms(page) > 1.2 * PERIOD_S * 1000 and time.monotonic() < until:
        await _fed(feed, 1)  # what set up the meeting has widened the server's tick
    await browser.throttle(page)
    await _fed(feed, WARM_S)
    await chrome.start_tracing(page=page, categories=browser.TRACED)
    await page.evaluate("window.focusLost = 0")
    await _fed(feed, seconds)
    return browser.updates(await chrome.stop_tracing())


async def _told(
    who: str, rows: int, page: Any, held: Any, tops: list[float], found: browser.Updates
) -> dict[str, Any]:
    lost = int(await page.evaluate("window.focusLost"))
    focused = await held.evaluate("(node) => document.activeElement === node")
    return {
        "who": who,
        "rows": rows,
        "changes": len(found.wall),
        "median": round(statistics.median(found.wall), 1),
        "p95": round(browser.p95(found.wall), 1),
        "own_median": round(statistics.median(found.own), 1),
        "own_p95": round(browser.p95(found.own), 1),
        "cpu_median": round(statistics.median(found.cpu), 1),
        "focus_lost": lost if focused else max(1, lost),
        "moved": len({round(top) for top in tops}) - 1,
        "load_average": machine.busy(),
    }


async def _board(up: Product, store: Redis, chrome: Any, seconds: int) -> Point:
    stage = await product.set_up(up, 0, BOARD_ROWS)
    path, rng = f"/m/{stage.meeting.slug}", random.Random(7)
    votes = {n: 3 * (BOARD_ROWS - n) for n in range(1, BOARD_ROWS + 1)}
    page = await browser.watched(chrome, up.origin)
    await page.goto(f"{path}/join")
    await page.locator("input[name=code]").fill(stage.meeting.code)
    await page.locator("button.act").click()
    await page.wait_for_url(f"**{path}")
    await page.wait_for_selector("#live[data-status=live]", state="attached")
    row = page.locator("#rows > .row").nth(3)
    box = row.locator(".ballot button")
    await box.hover()
    await box.focus()
    held = await box.element_handle()
    tops: list[float] = []

    async def feed() -> None:
        changed = rng.sample(sorted(votes), CHANGES)
        for n in changed:
            votes[n] += rng.randint(1, 6)  # most of them overtake somebody
        totals = " ".join(f"{n} {votes[n]}" for n in changed)
        await store.xadd(keys.events(stage.meeting.id), {"t": "votes", "run": totals})
        tops.append(await held.evaluate("(node) => node.getBoundingClientRect().top"))

    found = await traced(page, chrome, feed, seconds)
    told = await _told("board", BOARD_ROWS, page, held, tops, found)
    first = await browser.sent_bytes(chrome, up.origin, path)
    return Point(**told, first=first)


async def _desk(up: Product, store: Redis, chrome: Any, seconds: int) -> Point:
    extra = int((seconds + WARM_S) / PERIOD_S) * DECIDED
    stage = await product.set_up(up, 0, DESK_ROWS + extra // 2, listed=False)
    await _analysed(store, stage)
    other = await _invited(store, stage)
    page = await browser.watched(chrome, up.origin)
    token = await staff.invite(store, stage.meeting, Role.MODERATOR, _now())
    await page.goto(f"/m/{stage.meeting.slug}/invite#{token}")
    await page.locator("button.act").click()
    await page.wait_for_selector("#show-keys:visible")
    rows = page.locator(".desk-row")
    link = rows.nth(5).locator("a")
    kept = {str(await rows.nth(at).get_attribute("data-q")) for at in range(8)}
    await link.hover()
    await link.focus()
    held = await link.element_handle()
    waiting = [
        q for q in await typed.zrange(store, keys.waiting(stage.meeting.id), 0, -1) if q not in kept
    ]
    rng, askers = random.Random(7), dict.fromkeys(waiting, 1)

    async def feed() -> None:
        changed = rng.sample(waiting, CHANGES)
        for q in changed[:DECIDED]:
            waiting.remove(q)
            found = await question_rows.read_one(store, stage.meeting.id, q)
            if found is not None:
                await decide.list_question(store, stage.meeting, other, q, found.revision, _now())
        pipe = store.pipeline()
        for q in changed[DECIDED:]:
            askers[q] += 1
            pipe.hset(keys.question(stage.meeting.id, q), "askers", askers[q])
        pipe.xadd(
            keys.events(stage.meeting.id), {"t": "analysis", "run": " ".join(changed[DECIDED:])}
        )
        await pipe.execute()

    found = await traced(page, chrome, feed, seconds)
    told = await _told("desk", DESK_ROWS, page, held, [], found)
    return Point(**{**told, "moved": 0}, first={})


def _now() -> int:
    return time.time_ns() // 1_000_000


async def _invited(store: Redis, stage: Stage) -> SignIn:
    token = await staff.invite(store, stage.meeting, Role.MODERATOR, _now())
    return (await staff.redeem_invitation(store, stage.meeting, token, _now())).sign_in


async def _analysed(store: Redis, stage: Stage) -> None:
    until = time.monotonic() + 120
    while int(await analysis.done(store, stage.meeting.id) or 0) < stage.questions:
        if time.monotonic() > until:
            raise BenchFailed("The analysis did not end in time.")
        await asyncio.sleep(0.2)


PAGES = {"board": _board, "desk": _desk}


async def _runs(up: Product, who: str, seconds: int, runs: int) -> list[Point]:
    store = connect(up.store_url)
    try:
        async with browser.chromium() as chrome:
            return [await PAGES[who](up, store, chrome, seconds) for _ in range(runs)]
    finally:
        await store.aclose()


def run(who: str, seconds: int, runs: int) -> list[Point]:
    """So many runs of one page, each in a fresh meeting of one running Openfloor."""
    cores = machine.cores()
    with product.running({}, cores) as up:
        return asyncio.run(_runs(up, who, seconds, runs))


def page(points: list[Point], seconds: int, command: str, started: str) -> str:
    """The table, with the bounds beside it."""
    first = points[0]
    lines = head(
        f"The {first.who}: {first.rows:,} rows, {CHANGES} changes, 4 times a second,"
        f" a processor {browser.THROTTLE} times slower",
        command,
        started,
        {},
    )
    rows = [
        ["update, median ms", spread([p.own_median for p in points], 1), f"below {MEDIAN_MS}"],
        ["update, p95 ms", spread([p.own_p95 for p in points], 1), f"below {P95_MS}"],
        ["with style, layout and paint, median ms", spread([p.median for p in points], 1), ""],
        ["with style, layout and paint, p95 ms", spread([p.p95 for p in points], 1), ""],
        ["the same, median ms of processor", spread([p.cpu_median for p in points], 1), ""],
        ["focus lost", spread([p.focus_lost for p in points]), "0"],
        ["updates", spread([p.changes for p in points]), ""],
    ]
    if first.first:
        rows.append(["moved under the pointer", spread([p.moved for p in points]), "0"])
        rows.append(["first visit, KB", spread([p.first_kb for p in points], 1), f"{FIRST_KB}"])
        rows += [
            [f"of it {kind.lower()}", spread([p.first.get(kind, 0) / 1000 for p in points], 1), ""]
            for kind in first.first
        ]
    lines += table(["", "measured", "bound"], rows)
    lines += [
        "",
        f"{len(points)} runs of {seconds} s, under trace, which costs a little itself. An update is the"
        " page's task that takes a change in; below it stands all that the main thread does until the next"
        " change is told, drawing and this bench's own look at the page included.",
        f"Load average of the machine: {', '.join(p.load_average for p in points)}.",
    ]
    return "\n".join(lines)


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
