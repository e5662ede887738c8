"""A running product with one browser: every person in it has a browser profile of their own."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    async_playwright,
)

from server.launch.links import organiser_link
from tests.frontend.running import PATIENCE_MS, chromium
from tests.replay.running import RunningServer
from tools.replay.door import Door, text
from tools.replay.http import Body, JsonClient

API = "/api/v1"
ANALYSED_MS = 90_000  # what a job of the worker's has to look at comes after some seconds
# What a machine that stands still for seconds makes the server say of its store. The page asks again.
AWAY = "responded with a status of 503"


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks at the pages, and through which proxy."""

    width: int = 1280
    height: int = 800
    scheme: Literal["light", "dark"] = "light"
    lang: str = "en-GB"
    scripts: bool = True
    proxy: str = ""


DESK = Look()
PHONE = Look(width=360, height=740)
GERMAN = Look(lang="de-DE")
DARK = Look(scheme="dark")
NO_SCRIPTS = Look(scripts=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A meeting of the hall; `lists`: its rule lists every question, a moment after its receipt."""

    slug: str
    code: str
    lists: bool = False

    def path(self, rest: str = "") -> str:
        """The address of a page of the meeting, below the origin."""
        return f"/m/{self.slug}{rest}"

    def api(self, rest: str = "") -> str:
        """The address of an API resource of the meeting."""
        return f"{API}/meetings/{self.slug}{rest}"


@dataclass(slots=True)
class Hall:
    """Store, servers and sequencer as an operator starts them, and one headless browser.

    `complaints` collects what no page may do: a request to another origin, a breach of the content
    security policy, an error on the console. The fixture `hall` fails a test that leaves one behind.
    `lang`: what every browser opened from here on asks for, where it is not empty.
    """

    running: RunningServer
    browser: Browser
    door: Door
    complaints: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    lang: str = ""
    _profiles: list[BrowserContext] = field(default_factory=list)
    _token: str = ""
    _counter: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def origin(self) -> str:
        """Where the product answers."""
        return f"http://127.0.0.1:{self.running.port}"

    async def start(self) -> None:
        """Start the product on the same data and port as before."""
        await asyncio.to_thread(self.running.start)

    async def stop(self) -> None:
        """Stop the product as Ctrl-C does. Pages stay open."""
        await asyncio.to_thread(self.running.stop)

    async def stranger(self, look: Look = DESK) -> Page:
        """A page of somebody who has never been here."""
        profile = await self.browser.new_context(
            base_url=self.origin,
            viewport={"width": look.width, "height": look.height},
            color_scheme=look.scheme,
            locale=self.lang or look.lang,
            java_script_enabled=look.scripts,
            reduced_motion="reduce",
            proxy={"server": look.proxy} if look.proxy else None,
        )
        profile.set_default_timeout(PATIENCE_MS)
        profile.on("request", lambda request: self._requested(request))
        profile.on("console", lambda message: self._said(message))
        profile.on("weberror", lambda error: self.complaints.append(f"{error.error}"))
        self._profiles.append(profile)
        return await profile.new_page()

    async def organiser(self, look: Look = DESK) -> Page:
        """The list of meetings, in the browser of an organiser of this deployment."""
        page = await self.stranger(look)
        await page.goto(await self.organiser_link())
        await page.get_by_role("button").first.click()
        await page.wait_for_url("**/organise")
        return page

    async def attendee(self, place: Place, look: Look = DESK) -> Page:
        """The board of a meeting, in the browser of somebody who has just joined by its link."""
        page = await self.stranger(look)
        await page.goto(place.path("/join"))
        await page.locator("input[name=code]").fill(place.code)
        await page.locator("button.act").click()
        await page.wait_for_url(f"**{place.path()}")
        return page

    async def moderator(self, place: Place, look: Look = DESK) -> Page:
        """The desk, in the browser of a moderator who has just accepted an invitation."""
        page = await self.stranger(look)
        await page.goto(f"{place.path('/invite')}#{await self.invitation(place, 'moderator')}")
        await page.locator("button.act").click()
        await page.wait_for_url(f"**{place.path('/desk')}")
        return page

    async def meeting(self, title: str, **fields: object) -> Place:
        """A new live meeting, listing at once unless told otherwise, made over the API."""
        open_now = {"phase": "live", "asking": True, "voting": True, "after_display": True}
        body: Body = {"title": title, "submit_limit": 1000, **open_now, **fields}
        token = await self._organiser_token()
        told = await self.door.call("POST", f"{API}/meetings", token=token, body=body)
        place = Place(text(told, "slug"), text(told, "code"), bool(body["after_display"]))
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not told["log"]:  # a page that is older than its log checks no receipts
                told = await self.door.call("GET", place.api(), token=token)
        return place

    async def change(self, place: Place, **fields: object) -> None:
        """Change a meeting's settings."""
        token = await self._organiser_token()
        told = await self.door.call("GET", place.api(), token=token)
        body = {"revision": told["revision"], **fields}
        await self.door.call("PATCH", place.api(), token=token, body=body)

    async def invitation(self, place: Place, role: str) -> str:
        """The token of a fresh invitation."""
        token, body = await self._organiser_token(), {"role": role}
        made = await self.door.call("POST", place.api("/invitations"), token=token, body=dict(body))
        return text(made, "token")

    async def joined(self, place: Place) -> str:
        """The token of a new attendee without a browser, for the crowd of a meeting."""
        told = await self.door.call("POST", place.api("/join"), body={"code": place.code})
        return text(told, "token")

    async def ask(self, place: Place, token: str, words: str, lang: str = "en") -> str:
        """Submit a question as somebody of the crowd; its id, once it has its number and is listed, where
        it will be by itself (on a busy machine an answer may come before)."""
        q = secrets.token_urlsafe(16)
        body: Body = {"q": q, "text": words, "lang": lang}
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while True:
                told = await self.door.call("POST", place.api("/questions"), token=token, body=body)
                if told["number"] and not (place.lists and told["state"] == "received"):
                    return q
                await asyncio.sleep(0.05)

    async def vote(self, place: Place, token: str, n: int, on: bool = True) -> None:
        """Vote as somebody of the crowd."""
        body: Body = {"n": n, "on": on, "c": next(self._counter)}
        await self.door.call("POST", place.api("/votes"), token=token, body=body)

    async def erase(self, place: Place, n: int) -> None:
        """Erase the words of a listed question, as an organiser with a legal duty."""
        body: Body = {"n": n, "revision": 2, "basis": "law"}
        token = await self._organiser_token()
        await self.door.call("POST", place.api("/erasures"), token=token, body=body)

    async def organiser_link(self) -> str:
        """A fresh organiser link."""
        return await asyncio.to_thread(organiser_link, self.running.data, {})

    def excuse(self, words: str) -> None:
        """Drop the complaints that contain these words, those that come a moment later as well: the
        journey made them on purpose."""
        self.excused.append(words)
        self.complaints[:] = [said for said in self.complaints if words not in said]

    async def send_home(self) -> None:
        """Close every browser profile."""
        while self._profiles:
            await self._profiles.pop().close()

    async def _organiser_token(self) -> str:
        if not self._token:
            link = await self.organiser_link()
            body: Body = {"token": link.rpartition("#")[2]}
            self._token = text(await self.door.call("POST", f"{API}/organise", body=body), "token")
        return self._token

    def _requested(self, request: Request) -> None:
        own = (f"{self.origin}/", "data:", "blob:")
        if not request.url.startswith(own):
            self.complaints.append(f"asked another origin: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        known = any(words in message.text for words in (AWAY, *self.excused))
        if message.type in ("error", "warning") and not known:
            self.complaints.append(f"{message.type} on the console: {message.text}")


async def comes_true(page: Page, expression: str) -> None:
    """Return as soon as the page says so. `wait_for_function` looks again by `eval`, which our pages
    forbid: it fails wherever its first look came too early."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.02)


async def routed(page: Page, address: str, answer: Callable[[Route], Awaitable[object]]) -> None:
    """`page.route`, and back once what the open page asks for comes by there. The browser tells the page
    after it has told us: a key that is pressed in between is answered by the server, and its request is
    told to nobody."""
    await page.route(address, answer)
    await page.route("**/healthz?routed", lambda route: route.fulfill(status=204))
    await comes_true(page, "fetch('/healthz?routed').then(({ status }) => status === 204)")


@asynccontextmanager
async def open_hall() -> AsyncIterator[Hall]:
    """A hall on an empty data folder; stopped and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="of-hall-") as folder:
        running = RunningServer(Path(folder) / "data")  # its keys lie beside it
        await asyncio.to_thread(running.start)
        http = JsonClient(f"http://127.0.0.1:{running.port}")
        try:
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(
                    executable_path=chromium(), args=["--no-sandbox"]
                )
                hall = Hall(running, browser, Door(http))
                yield hall
                await hall.send_home()
                await browser.close()
        finally:
            http.close()
            await asyncio.to_thread(running.stop)
