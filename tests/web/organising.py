"""What tests of the organiser's pages share: signing in, filling forms in, reading the log."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any

from quart import Quart
from quart.datastructures import FileStorage
from redis.asyncio import Redis

from server.acts import meetings, staff
from server.domain.meeting import Meeting
from server.store import keys, typed
from tests.acts.building import Town
from tests.web.browsing import SAME, Browser


async def organising(app: Quart, store: Redis) -> Browser:
    """Somebody who pressed the button of an organiser link."""
    browser = Browser(app)
    await browser.get("/organise/link")
    await browser.post("/organise/link", token=await staff.new_organiser_link(store))
    assert browser.status == 200
    return browser


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send of the settings form that is open, as it stands."""
    form = page[page.index('class="long"') :]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        left_out = re.search(r'type="(radio|checkbox)"', tag) and "checked" not in tag
        if (
            name
            and not left_out
            and not re.search(r'type="file"| disabled', tag)
            and name[1] != "csrf"
        ):
            fields[name[1]] = unescape(value[1]) if value else ""
    for name_, text in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S):
        fields[name_] = unescape(text)
    return fields


async def send_files(
    browser: Browser, path: str, fields: dict[str, str], name: str, raw: bytes
) -> None:
    """Send a multipart form with one file."""
    token = re.search(r'name="csrf" value="(\w+)"', browser.text)
    response = await browser._client.post(
        path,
        form={"csrf": token[1] if token else "", **fields},
        files={name: FileStorage(io.BytesIO(raw), filename="x.bin", name=name)},
        headers=SAME,
    )
    await browser._read(response)
    while browser.status == 303:
        await browser.get(browser.headers["location"])


async def stands(town: Town) -> Meeting:
    """The meeting as the store holds it now."""
    found = await meetings.by_id(town.store, town.meeting.id)
    assert found is not None
    return found


async def intents(town: Town, kind: str) -> list[dict[str, object]]:
    """The log intents of one kind, from the desk's log: the intake is trimmed as it is sequenced."""
    entries = await typed.entries(town.store, keys.desk_log(town.meeting.id), "", 1000)
    found = [json.loads(entry["intent"]) for _, entry in entries]
    return [intent for intent in found if intent["t"] == kind]
