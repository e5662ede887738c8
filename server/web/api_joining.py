"""The API of coming in: links and codes turned into sign-ins, and tickets for sockets."""

from __future__ import annotations

from dataclasses import asdict

from quart import Response, jsonify

from server.acts import admission, staff
from server.domain.ids import digest
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role
from server.live.turnstile import Overrun
from server.protocol import ticket
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import JoinAnswer, StaffAnswer, TicketAnswer, TokenAnswer
from server.web.api_bodies import Code, Joining, Token
from server.web.api_live import MANY_JOIN, claims_of
from server.web.parts import parts
from server.web.rendering import language


@endpoint("POST", "/organise", TokenAnswer, Refusal.USED, body=Token, per_network=True)
async def redeem_organiser_link(given: Token) -> Response:
    """Turn an organiser link's token into a sign-in token."""
    token = await staff.redeem_organiser_link(parts().store, given.token, parts().clock())
    return jsonify({"token": token})


@endpoint("POST", "/meetings/<slug>/join", JoinAnswer, Refusal.USED, body=Code, per_network=True)
async def join(slug: str, given: Code) -> Response:
    """Join with a code. Who has joined already stays the same voter, and no roster code is used."""
    meeting = await meeting_at(slug)
    person, now = await people.attendee(meeting), parts().clock()
    if person.sign_in is None or person.sign_in.voter is None:
        joined = await admission.join(parts().store, meeting, given.code, now)
        return jsonify({"token": joined.token, "role": joined.sign_in.role.value})
    if people.bearer():
        return jsonify({"token": person.token, "role": person.role.value})
    # A cookie's own token stays unreadable to scripts: this one is a further device of its voter.
    link = await admission.device_link(parts().store, meeting, person.sign_in, now)
    further = await admission.take_device(parts().store, meeting, link, now)
    return jsonify({"token": further.token, "role": further.sign_in.role.value})


@endpoint("POST", "/meetings/<slug>/staff", StaffAnswer, Refusal.USED, body=Token, per_network=True)
async def redeem_invitation(slug: str, given: Token) -> Response:
    """Turn an invitation into a sign-in."""
    meeting = await meeting_at(slug)
    joined = await staff.redeem_invitation(parts().store, meeting, given.token, parts().clock())
    sign_in = joined.sign_in
    return jsonify({"token": joined.token, "role": sign_in.role.value, "label": sign_in.label})


@endpoint(
    "POST",
    "/meetings/<slug>/ticket",
    TicketAnswer,
    Refusal.BUSY,
    body=Joining,
    statuses=(200, 202),
)
async def live_ticket(slug: str, given: Joining) -> Response | tuple[Response, int]:
    """Thirty seconds of proof for opening a socket or a stream; 202 with a place in the line while more
    join than one server takes in."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.LISTEN)
    claims = claims_of(meeting.id, person)
    try:
        place = parts().streams.turnstile.ask(claims.sign_in_hash, given.slip, parts().clock())
    except Overrun:
        raise Refused(Refusal.BUSY, MANY_JOIN, retry_in=30.0) from None
    if place is not None:
        return jsonify({"place": asdict(place)}), 202
    return jsonify({"ticket": ticket.sign(parts().secret, claims)})


@endpoint(
    "POST", "/meetings/<slug>/stage-ticket", TicketAnswer, Refusal.SIGNED_OUT, per_network=True
)
async def stage_ticket(slug: str) -> Response:
    """Thirty seconds of proof for opening a stage's socket: the public board and nothing of a person."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    # Where everybody may read, nothing of whoever opened the stage goes into the ticket.
    bound = person.sign_in if meeting.readers == "attendees" else None
    claims = ticket.TicketClaims(
        meeting=meeting.id,
        role=Role.READER,
        voter=None,
        label=None,
        sign_in_hash=digest(person.token) if bound else "",
        expires=parts().clock() + ticket.LIFETIME_MS,
        until=bound.expires_at if bound else 0,
        lang=language(),
    )
    return jsonify({"ticket": ticket.sign(parts().secret, claims)})
