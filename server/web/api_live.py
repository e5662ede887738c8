"""The API of a live board where sockets are blocked: a stream of events, and messages by POST."""

from __future__ import annotations

from typing import cast

import msgspec
from quart import Response, request

from server.domain.ids import digest
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.live.posting import Posted
from server.protocol import strict_json, ticket
from server.protocol.inbound import NOT_UNDERSTOOD
from server.protocol.ticket import TicketClaims
from server.web import network, people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import MessagesAnswer
from server.web.parts import parts
from server.web.rendering import language

MANY_JOIN = "Very many join right now. Please try again in a moment."
TICKET = "Openfloor-Ticket"  # a header, because addresses end up in logs


def claims_of(meeting: str, person: people.Person) -> TicketClaims:
    """What a ticket says of this person, who must have signed in."""
    sign_in = person.sign_in
    if sign_in is None:
        raise Refused(Refusal.SIGNED_OUT, "Please join the meeting first.")
    return TicketClaims(
        meeting=meeting,
        role=sign_in.role,
        voter=sign_in.voter,
        label=sign_in.label,
        sign_in_hash=digest(person.token),
        expires=parts().clock() + ticket.LIFETIME_MS,
        until=sign_in.expires_at,
        lang=language(),
    )


@endpoint(
    "GET",
    "/meetings/<slug>/events",
    None,
    Refusal.BUSY,
    Refusal.SIGNED_OUT,
    Refusal.EXPIRED,
    query=("d", "epoch", "pos"),
    stream=True,
)
async def events(slug: str) -> Response:
    """The board as server-sent events, one message of docs/wire.md each. The ticket stands in the header
    Openfloor-Ticket; `d`, `epoch` and `pos` are those of `hello`."""
    streams, word = parts().streams, request.headers.get(TICKET, "")
    ticket.verify(parts().secret, word, parts().clock())  # before it may take a token of the joins
    if request.method == "HEAD":
        return Response("", mimetype="text/event-stream")
    hello = msgspec.json.encode(
        {
            "t": "hello",
            "ticket": word,
            "d": request.args.get("d", ""),
            "epoch": request.args.get("epoch"),
            "pos": request.args.get("pos"),
        }
    )
    if not streams.admits():
        raise Refused(Refusal.BUSY, MANY_JOIN, retry_in=2.0)
    transport = request.scope.get("state", {}).get("transport")
    stream = streams.stream(slug, network.name())
    told = stream.events(hello.decode(), transport, request.http_version == "1.1")
    response = Response(told, mimetype="text/event-stream")
    response.timeout = None
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects answers would hold it back
    return response


@endpoint(
    "POST",
    "/meetings/<slug>/messages",
    MessagesAnswer,
    Refusal.TOO_LARGE,
    Refusal.WRONG_TYPE,
    query=("d",),
    per_network=True,
)
async def say(slug: str) -> Response:
    """One message of docs/wire.md, as the socket takes it: vote, ask, seen or ping. What the socket would
    answer is in `messages`; refusals of the message itself are among them."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.LISTEN)
    claims = claims_of(meeting.id, person)
    if request.mimetype != "application/json":
        raise Refused(Refusal.WRONG_TYPE, "Send application/json.")
    body = cast(bytes, await request.get_data())
    if len(body) > strict_json.MAX_BYTES:
        raise Refused(Refusal.TOO_LARGE, "This is too large.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused(Refusal.BAD_INPUT, NOT_UNDERSTOOD, why=str(error)) from None
    posted = Posted(parts().streams.node, claims, request.args.get("d", ""))
    told = await posted.answer(text)
    return Response(msgspec.json.encode({"messages": told}), mimetype="application/json")
