"""A browser without JavaScript: keeps cookies, follows redirects, fills forms in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart

from server.acts import staff
from server.domain.roles import Role
from tests.acts.building import NOW, Town

SAME = {"Host": "floor.example", "Sec-Fetch-Site": "same-origin"}
PATIENCE_S = 60.0  # a busy machine is slow, what is wrong stays wrong


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    """Return as soon as `look` is true: boards follow the store by ticks. Fails after PATIENCE_S."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await look():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


class Browser:
    """One person's browser at one application."""

    def __init__(self, app: Quart) -> None:
        self._client = app.test_client()
        self.status = 0
        self.text = ""
        self.headers: dict[str, str] = {}

    async def get(self, path: str) -> str:
        """Open a page."""
        response = await self._client.get(path, headers={"Host": "floor.example"})
        return await self._read(response)

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> str:
        """Send a form of the page that is open, with its token, and follow where it leads."""
        token = re.search(r'name="csrf" value="(\w+)"', self.text)
        form = {"csrf": token[1] if token else "", **fields}
        response = await self._client.post(path, form=form, headers={**SAME, **(headers or {})})
        await self._read(response)
        while self.status == 303:
            await self.get(self.headers["location"].partition("#")[0])
        return self.text

    async def _read(self, response: Any) -> str:
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.text = await response.get_data(as_text=True)
        return self.text


async def staffed(app: Quart, town: Town, role: Role) -> Browser:
    """The browser of somebody who has just accepted an invitation, where that leads."""
    link, path = await staff.invite(town.store, town.meeting, role, NOW), f"/m/{town.meeting.slug}"
    browser = Browser(app)
    await browser.get(f"{path}/invite")
    await browser.post(f"{path}/invite", token=link)
    return browser


class Client:
    """An API client with a bearer token."""

    def __init__(self, app: Quart, token: str = "") -> None:
        self._client = app.test_client(use_cookies=False)
        self._headers = {"Host": "floor.example"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def send(
        self, method: str, path: str, value: object = None, **more: Any
    ) -> tuple[int, Any]:
        """Status and JSON of one request; `data` and `headers` replace the ordinary ones."""
        headers = {**self._headers, **more.pop("headers", {})}
        if "data" not in more and method != "GET":
            more["json"] = {} if value is None else value
        response = await self._client.open(f"/api/v1{path}", method=method, headers=headers, **more)
        return response.status_code, await response.get_json()

    async def page(self, path: str) -> str:
        """A page as this token's holder reads it."""
        response = await self._client.get(path, headers=self._headers)
        return str(await response.get_data(as_text=True))
