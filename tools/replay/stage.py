"""What a replay needs before it starts: a meeting of its own, a moderator, and everybody joined."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tools.replay.attendee import Attendee
from tools.replay.door import Door, ReplayFailed, Turned, text
from tools.replay.http import Body
from tools.replay.recording import Recording

API = "/api/v1"
SIDE_BY_SIDE = 50
# Settings that every organiser has. The longest and the most that a meeting may allow.
LIMITS: Body = {"min_chars": 10, "max_chars": 2000, "submit_limit": 1000}
INVITATIONS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """A live meeting, its moderator's token, and an attendee for each person of the file."""

    slug: str
    moderator: str
    attendees: dict[str, Attendee]

    def path(self, rest: str) -> str:
        """An API address inside the meeting."""
        return f"{API}/meetings/{self.slug}/{rest}"


async def sign_in(door: Door, link_token: str) -> str:
    """The organiser's token for a fresh link."""
    try:
        answer = await door.call("POST", f"{API}/organise", body={"token": link_token})
    except Turned as refused:
        raise ReplayFailed(f"The organiser link does not open: {refused}") from None
    return text(answer, "token")


def _meeting(recording: Recording) -> Body:
    spoken = {item.lang for item in recording.items.values()} - {"und"}
    return {
        "title": "Replay of a recorded event",
        "languages": sorted(spoken)[:20] or ["en"],
        "phase": "live",
        "asking": True,
        "voting": True,
        "after_display": False,
        **LIMITS,
    }


async def appointed(door: Door, organiser: str, slug: str, role: str) -> str:
    """The token of a new member of the staff."""
    where = f"{API}/meetings/{slug}"
    for _ in range(INVITATIONS):  # an answer that got lost uses an invitation up: make another
        made = await door.call("POST", f"{where}/invitations", token=organiser, body={"role": role})
        try:
            answer = await door.call("POST", f"{where}/staff", body={"token": text(made, "token")})
        except Turned:
            continue
        return text(answer, "token")
    raise ReplayFailed(f"No invitation as {role} could be used.")


async def _joined(
    door: Door, slug: str, code: str, people: list[str], step: Callable[[], None]
) -> dict[str, Attendee]:
    """One new attendee for each person. A join whose answer is lost leaves an unused seat."""
    side_by_side, gate = asyncio.Semaphore(SIDE_BY_SIDE), asyncio.Semaphore(SIDE_BY_SIDE)
    attendees: dict[str, Attendee] = {}

    async def join(person: str) -> None:
        async with side_by_side:
            answer = await door.call("POST", f"{API}/meetings/{slug}/join", body={"code": code})
        device = secrets.token_hex(6)
        attendees[person] = Attendee(door, slug, text(answer, "token"), device, gate)
        step()

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(join(person))
    return attendees


async def set_up(
    door: Door, organiser: str, recording: Recording, step: Callable[[], None]
) -> Stage:
    """Make the meeting, invite and redeem a moderator, join everybody; `step` after each join."""
    body = _meeting(recording)
    try:
        made = await door.call("POST", f"{API}/meetings", token=organiser, body=body)
        slug = text(made, "slug")
        moderator = await appointed(door, organiser, slug, "moderator")
        attendees = await _joined(door, slug, text(made, "code"), recording.people(), step)
    except Turned as refused:
        raise ReplayFailed(f"The meeting could not be set up: {refused}") from None
    return Stage(slug, moderator, attendees)
