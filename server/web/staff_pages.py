"""The blueprint of pages for moderators and organisers, and what those pages share."""

from __future__ import annotations

from quart import Blueprint

from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role
from server.web import people
from server.web.api import meeting_at
from server.web.parts import parts

staff_pages = Blueprint("staff_pages", __name__)


def whole(fields: dict[str, str], name: str) -> int:
    """A whole number of a form; refused by the field's name."""
    text = fields.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field=name)
    return int(text)


def token_in(fields: dict[str, str]) -> str:
    """The token of a one-time link, also where the whole link was pasted."""
    return fields.get("token", "").rpartition("#")[2].strip()


async def organiser() -> people.Person:
    """The organiser of this deployment who asks; anybody else is told the way in."""
    person = await people.organiser(parts()) or people.Person(Role.READER)
    if person.role is Role.READER:
        raise Refused(
            Refusal.SIGNED_OUT,
            "Open an organiser link first: ./openfloor organiser-link prints one.",
        )
    return person


async def organised(slug: str) -> tuple[Meeting, people.Person]:
    """The meeting at an address, and its organiser who asks; refused for everybody else."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    return meeting, person


def same_revision(fields: dict[str, str], meeting: Meeting) -> None:
    """Refuse a form that was filled in on another revision of the meeting."""
    if whole(fields, "revision") != meeting.revision:
        raise Refused(
            Refusal.CONTENDED, "Somebody else changed this meeting in the meantime. Look again."
        )
