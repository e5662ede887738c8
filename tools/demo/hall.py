"""The demo's meeting and the tokens of everybody in it, made through the API as anybody would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tools.demo.script import Script
from tools.replay.door import Door, text
from tools.replay.http import Body
from tools.replay.stage import appointed, sign_in

API = "/api/v1"
ATTENDEES = 80
MODERATORS = 3


@dataclass(frozen=True, slots=True)
class Hall:
    """A meeting with its people. `links` are one-time invitations for whoever looks on."""

    door: Door
    slug: str
    code: str
    organiser: str
    moderators: tuple[str, ...]
    host: str
    attendees: tuple[str, ...]
    links: dict[str, str]

    async def call(self, who: str, rest: str, body: Body | None = None) -> Body:
        """POST `body` as `who` (a token) to an address inside the meeting; GET where there is none."""
        method = "GET" if body is None else "POST"
        return await self.door.call(
            method, f"{API}/meetings/{self.slug}/{rest}", token=who, body=body
        )

    async def set(self, **settings: object) -> None:
        """Change the meeting's settings as its organiser."""
        path = f"{API}/meetings/{self.slug}"
        now = await self.door.call("GET", path, token=self.organiser)
        body: Body = {"revision": now["revision"], **settings}
        await self.door.call("PATCH", path, token=self.organiser, body=body)


def _settings(script: Script) -> Body:
    return {
        "title": script.title,
        "description": "Quillmere Instruments is an invented company, and so is everything said here.",
        "languages": list(script.languages),
        "zone": "Europe/Berlin",
        "phase": "collecting",
        "submit_limit": 1000,
        "min_chars": 10,
        "max_chars": 500,
    }


async def _invitation(door: Door, organiser: str, slug: str, role: str) -> str:
    path = f"{API}/meetings/{slug}/invitations"
    return text(await door.call("POST", path, token=organiser, body={"role": role}), "token")


async def _join(door: Door, slug: str, code: str) -> str:
    return text(
        await door.call("POST", f"{API}/meetings/{slug}/join", body={"code": code}), "token"
    )


async def set_up(door: Door, link_token: str, script: Script) -> Hall:
    """Create the meeting, appoint its staff, let everybody join."""
    organiser = await sign_in(door, link_token)
    made = await door.call("POST", f"{API}/meetings", token=organiser, body=_settings(script))
    slug, code = text(made, "slug"), text(made, "code")
    moderators = [await appointed(door, organiser, slug, "moderator") for _ in range(MODERATORS)]
    host = await appointed(door, organiser, slug, "host")
    attendees = await asyncio.gather(*(_join(door, slug, code) for _ in range(ATTENDEES)))
    links = {
        role: await _invitation(door, organiser, slug, role)
        for role in ("moderator", "host", "organiser", "auditor")
    }
    return Hall(door, slug, code, organiser, tuple(moderators), host, tuple(attendees), links)
