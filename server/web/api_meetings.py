"""The API of a meeting's settings, for its organisers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quart import Response, jsonify

from server.acts import meetings, series, staff
from server.acts.series import Named
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import MeetingAnswer, TokenAnswer
from server.web.api_bodies import Invite, MeetingChange, NewMeeting
from server.web.log_keys import log_value
from server.web.parts import parts

ORGANISER_BODY_BYTES = 65_536


async def meeting_json(meeting: Meeting, code: bool) -> dict[str, Any]:
    """A meeting for the API; the join code for those who may hand it out."""
    log = await log_value(meeting)
    told = {**asdict(meeting), "asking_open": meeting.asks_open()}
    told["voting_open"] = meeting.votes_open()
    told["log"] = log and {"address": log.address, "vkey": log.vkey}
    shown = set(MeetingAnswer.__struct_fields__) - (set() if code else {"code"})
    return {name: value for name, value in told.items() if name in shown}


@endpoint(
    "POST",
    "/meetings",
    MeetingAnswer,
    Refusal.CONFLICT,
    Refusal.ILLEGAL,
    Refusal.BAD_TEXT,
    body=NewMeeting,
    statuses=(201,),
    limit=ORGANISER_BODY_BYTES,
)
async def create_meeting(given: NewMeeting) -> tuple[Response, int]:
    """Create a meeting, which may continue the log of an ended one."""
    person = await people.organiser(parts()) or people.Person(Role.READER)
    person.need(Act.CREATE_MEETING)
    store, here = parts().store, (parts().records, parts().logs, parts().public_url)
    named = Named(given.prev, given.prev_note, given.prev_vkey)
    prev = await series.earlier_head(store, *here, named)
    meeting = await meetings.create(store, given.given(), parts().clock(), prev)
    return jsonify(await meeting_json(meeting, code=True)), 201


@endpoint("GET", "/meetings/<slug>", MeetingAnswer)
async def read_meeting(slug: str) -> Response:
    """A meeting's settings."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    return jsonify(await meeting_json(meeting, code=person.role is Role.ORGANISER))


@endpoint(
    "PATCH",
    "/meetings/<slug>",
    MeetingAnswer,
    Refusal.CONTENDED,
    Refusal.ILLEGAL,
    Refusal.BAD_TEXT,
    body=MeetingChange,
    limit=ORGANISER_BODY_BYTES,
)
async def change_meeting(slug: str, given: MeetingChange) -> Response:
    """Change settings on the revision that was read."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    if given.revision != meeting.revision:
        raise Refused(Refusal.CONTENDED, "Somebody else changed this meeting. Look again.")
    after = await meetings.change(
        parts().store, meeting, given.given(), person.known_as(), parts().clock()
    )
    return jsonify(await meeting_json(after, code=True))


@endpoint("POST", "/meetings/<slug>/invitations", TokenAnswer, body=Invite, statuses=(201,))
async def invite(slug: str, given: Invite) -> tuple[Response, int]:
    """Make a one-time invitation for a staff role."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    if given.role not in set(Role):
        raise Refused(Refusal.BAD_INPUT, "is not a role.", field="role")
    token = await staff.invite(
        parts().store, meeting, Role(given.role), parts().clock(), by=person.known_as()
    )
    return jsonify({"token": token}), 201
