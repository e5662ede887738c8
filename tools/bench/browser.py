"""A throttled Chromium under trace: how long its main thread works for each change that it is told."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tools.bench.product import BenchFailed

THROTTLE = 4
TRACED = ["toplevel", "disabled-by-default-devtools.timeline", "blink.user_timing"]
MARK = "openfloor-change"
# Runs before the page's own scripts: marks each message of changes, counts what loses focus.
WATCH = """
(() => {
  const mark = () => performance.mark("openfloor-change");
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) { super(...given); this.addEventListener("message", mark); }
  };
  const json = Response.prototype.json;
  Response.prototype.json = function () {
    const value = json.call(this);
    return this.url.includes("/desk?after") ? value.then((told) => (mark(), told)) : value;
  };
  window.focusLost = 0;
  document.addEventListener("focusout", () => { window.focusLost += 1; });
})();
"""


@dataclass(slots=True)
class Updates:
    """Main-thread time of each change in ms: the page's own task that takes it in, all that follows
    from it (style, layout, paint) as well, and the same of the processor alone."""

    own: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def p95(values: list[float]) -> float:
    """The 95th of a hundred."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else float("nan")


@asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """A headless browser of Playwright's; ended on leaving."""
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise BenchFailed("Playwright is not installed (requirements-test.lock).") from error
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise BenchFailed("There is no chromium on this machine.")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def watched(browser: Any, origin: str) -> Any:
    """A page of a fresh profile whose changes are marked."""
    profile = await browser.new_context(
        base_url=origin, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    page = await profile.new_page()
    await page.add_init_script(WATCH)
    return page


async def throttle(page: Any) -> None:
    """Let the page's processor be four times slower from now on."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})


async def period_ms(page: Any) -> float:
    """The time between the last changes that the page was told of; very long before there were four."""
    asked = f"performance.getEntriesByName('{MARK}').slice(-4).map((mark) => mark.startTime)"
    times: list[float] = await page.evaluate(asked)
    return (times[-1] - times[0]) / 3 if len(times) > 3 else 1e9


async def sent_bytes(browser: Any, origin: str, path: str) -> dict[str, int]:
    """What a first visit takes off the wire, heads included: bytes by the kind of what was sent."""
    profile = await browser.new_context(base_url=origin, locale="en-GB")
    page = await profile.new_page()
    session = await profile.new_cdp_session(page)
    await session.send("Network.enable")
    kinds: dict[str, str] = {}
    found: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        found[kind] = found.get(kind, 0) + int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    await page.goto(path)
    await page.wait_for_load_state("networkidle")
    await profile.close()
    return found


def updates(trace: bytes) -> Updates:
    """Every task of the main thread, counted for the change that was told last before it ended."""
    events = json.loads(trace)["traceEvents"]
    marks = sorted(
        (event["ts"], event["pid"], event["tid"]) for event in events if event["name"] == MARK
    )
    if len(marks) < 3:
        raise BenchFailed("The page was told of no changes.")
    thread = marks[0][1:]
    tasks = sorted(
        (event["ts"], event.get("dur", 0), event.get("tdur", 0))
        for event in events
        if event["name"] in ("RunTask", "ThreadControllerImpl::RunTask")
        and event.get("ph") == "X"
        and (event["pid"], event["tid"]) == thread
    )
    names = {event["name"] for event in events if event["name"].endswith("RunTask")}
    if len(names) > 1:  # one within the other: count the outer alone
        tasks = _outer(tasks)
    starts = [ts for ts, *_ in marks]
    found = Updates(*([0.0] * (len(starts) - 1) for _ in range(3)))
    at = 0
    for ts, took, used in tasks:
        while at + 1 < len(starts) and ts + took >= starts[at + 1]:
            at += 1
        if ts + took < starts[0] or at >= len(found.wall):
            continue  # before the first; the last one's end is not in the trace
        if ts <= starts[at] <= ts + took:
            found.own[at] = took / 1000
        found.wall[at] += took / 1000
        found.cpu[at] += used / 1000
    return found


def _outer(tasks: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    kept: list[tuple[float, float, float]] = []
    for task in tasks:
        if not kept or task[0] >= kept[-1][0] + kept[-1][1]:
            kept.append(task)
    return kept
