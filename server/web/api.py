"""The HTTP API: JSON in, JSON out, the same acts as the pages (openapi.py describes it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from quart import Blueprint, Response, jsonify, request

from server.acts import admission, decide, meetings, staff, submit, vote
from server.domain.ids import digest
from server.domain.meeting import Meeting
from server.domain.orders import Order, ordered
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role
from server.protocol import strict_json, ticket
from server.store.question_rows import Question
from server.web import network, people
from server.web.parts import parts

NUMBER_WAIT_S = 1.5
ORGANISER_BODY_BYTES = 65_536
api = Blueprint("api", __name__, url_prefix="/api/v1")


async def body(limit: int = strict_json.MAX_BYTES, **known: type) -> dict[str, Any]:
    """The JSON object of a write with exactly known fields; every refusal in words."""
    people.check_origin()
    if request.mimetype != "application/json":
        raise Refused(Refusal.WRONG_TYPE, "Send application/json.")
    value = strict_json.loads(cast(bytes, await request.get_data()), limit)
    if not isinstance(value, dict):
        raise Refused(Refusal.BAD_INPUT, "Send one JSON object.")
    if known:
        for name in set(value) - set(known):
            raise Refused(Refusal.BAD_INPUT, f"{name}: is not a field here.")
        for name, kind in known.items():
            given = value.get(name)
            wrong = isinstance(given, bool) and kind is int
            if given is not None and (wrong or not isinstance(given, kind)):
                raise Refused(Refusal.BAD_INPUT, f"{name}: must be {kind.__name__}.")
    return value


def needed(fields: Mapping[str, Any], name: str) -> Any:
    """A field that must be there."""
    if fields.get(name) is None:
        raise Refused(Refusal.BAD_INPUT, f"{name}: is needed.")
    return fields[name]


async def meeting_at(slug: str) -> Meeting:
    """The meeting at an address; unknown in the same words for every wrong one."""
    found = await meetings.by_slug(parts().store, slug)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is no such meeting.")
    return found


def meeting_json(meeting: Meeting, code: bool) -> dict[str, Any]:
    """A meeting for the API; the join code for those who may hand it out."""
    fields = asdict(meeting)
    for name in ("id", "epoch", "created_at") + (() if code else ("code",)):
        del fields[name]
    return {**fields, "asking_open": meeting.asks_open(), "voting_open": meeting.votes_open()}


def own_json(question: Question, fate: str | None = None) -> dict[str, Any]:
    """A question for its asker."""
    return {
        "q": question.q,
        "number": question.number,
        "text": question.text,
        "lang": question.lang,
        "state": question.state.value,
        "votes": question.votes,
        "reason": question.reason,
        "note": question.note,
        "fate": fate,
    }


@api.post("/organise")
async def redeem_organiser_link() -> Response:
    """Turn an organiser link's token into a sign-in token."""
    fields = await body(token=str)
    await network.take()
    token = await staff.redeem_organiser_link(
        parts().store, needed(fields, "token"), parts().clock()
    )
    return jsonify({"token": token})


@api.post("/meetings")
async def create_meeting() -> tuple[Response, int]:
    """Create a meeting."""
    fields = await body(ORGANISER_BODY_BYTES)
    person = await people.organiser(parts()) or people.Person(Role.READER)
    person.need(Act.CREATE_MEETING)
    meeting = await meetings.create(parts().store, fields, parts().clock())
    return jsonify(meeting_json(meeting, code=True)), 201


@api.get("/meetings/<slug>")
async def read_meeting(slug: str) -> Response:
    """A meeting's settings."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    return jsonify(meeting_json(meeting, code=person.role is Role.ORGANISER))


@api.patch("/meetings/<slug>")
async def change_meeting(slug: str) -> Response:
    """Change settings on the revision that was read."""
    fields = await body(ORGANISER_BODY_BYTES)
    meeting = await meeting_at(slug)
    (await people.organiser_of(meeting)).need(Act.ORGANISE)
    revision = needed(fields, "revision")
    if isinstance(revision, bool) or not isinstance(revision, int):
        raise Refused(Refusal.BAD_INPUT, "revision: must be int.")
    if revision != meeting.revision:
        raise Refused(Refusal.CONTENDED, "Somebody else changed this meeting. Look again.")
    del fields["revision"]
    after = await meetings.change(parts().store, meeting, fields, "org:1", parts().clock())
    return jsonify(meeting_json(after, code=True))


@api.post("/meetings/<slug>/join")
async def join(slug: str) -> Response:
    """Join with a code."""
    fields = await body(code=str)
    await network.take()
    meeting = await meeting_at(slug)
    joined = await admission.join(parts().store, meeting, needed(fields, "code"), parts().clock())
    return jsonify({"token": joined.token, "role": joined.sign_in.role.value})


@api.post("/meetings/<slug>/invitations")
async def invite(slug: str) -> tuple[Response, int]:
    """Make a one-time invitation for a staff role."""
    fields = await body(role=str)
    meeting = await meeting_at(slug)
    (await people.organiser_of(meeting)).need(Act.ORGANISE)
    role = needed(fields, "role")
    if role not in set(Role):
        raise Refused(Refusal.BAD_INPUT, f"role: {role!r} is not a role.")
    token = await staff.invite(parts().store, meeting, Role(role), parts().clock())
    return jsonify({"token": token}), 201


@api.post("/meetings/<slug>/staff")
async def redeem_invitation(slug: str) -> Response:
    """Turn an invitation into a sign-in."""
    fields = await body(token=str)
    await network.take()
    meeting = await meeting_at(slug)
    joined = await staff.redeem_invitation(
        parts().store, meeting, needed(fields, "token"), parts().clock()
    )
    sign_in = joined.sign_in
    return jsonify({"token": joined.token, "role": sign_in.role.value, "label": sign_in.label})


@api.post("/meetings/<slug>/questions")
async def ask(slug: str) -> tuple[Response, int]:
    """Submit a question; 202 when its number is still to come."""
    fields = await body(q=str, text=str, lang=str, name=str)
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.ASK)
    receipt = await submit.submit(
        parts().store,
        meeting,
        person.voter(),
        q=needed(fields, "q"),
        text=needed(fields, "text"),
        lang=fields.get("lang"),
        name=fields.get("name"),
        via="api",
        secret=parts().secret,
        now=parts().clock(),
    )
    number = receipt.number or await parts().boards.numbered(meeting.id, receipt.q, NUMBER_WAIT_S)
    told = {
        "q": receipt.q,
        "number": number,
        "state": receipt.state.value,
        "fate": f"/m/{slug}/fate/{receipt.fate}",
    }
    return jsonify(told), 202 if number is None else 201


@api.get("/meetings/<slug>/questions")
async def questions(slug: str) -> Response:
    """The board's rows in an order, filtered by a search."""
    meeting = await meeting_at(slug)
    await people.reader_of(meeting)
    board = await parts().boards.follow(meeting.id)
    name = request.args.get("order", Order.WANTED.value)
    if name not in set(Order):
        raise Refused(Refusal.BAD_INPUT, f"order: {name!r} is not an order.")
    seed = request.args.get("seed", "0")
    if not (seed.isascii() and seed.isdigit() and len(seed) <= 10):
        raise Refused(Refusal.BAD_INPUT, "seed: must be a whole number.")
    search = request.args.get("search", "").casefold()[:200]
    rows = [row for row in board.rows.values() if search in row.text.casefold()]
    shown = [row.wire() for row in ordered(rows, Order(name), int(seed))]
    return jsonify({"questions": shown, "counts": board.counts})


@api.get("/meetings/<slug>/questions/<int:n>")
async def question(slug: str, n: int) -> Response:
    """One question of the board by its public number."""
    meeting = await meeting_at(slug)
    await people.reader_of(meeting)
    row = (await parts().boards.follow(meeting.id)).rows.get(n)
    if row is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number on the board.")
    return jsonify(row.wire())


@api.get("/meetings/<slug>/mine")
async def mine(slug: str) -> Response:
    """The caller's own questions in every state."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    found = await submit.mine(parts().store, meeting, cast(int, person.voter().voter))
    return jsonify({"questions": [own_json(question) for question in found]})


@api.post("/meetings/<slug>/questions/<q>/withdraw")
async def withdraw(slug: str, q: str) -> Response:
    """Withdraw one's own question."""
    await body(nothing=str)
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.WITHDRAW)
    found = await submit.withdraw(parts().store, meeting, person.voter(), q, parts().clock())
    return jsonify(own_json(found))


@api.get("/meetings/<slug>/waiting")
async def waiting(slug: str) -> Response:
    """What waits for a moderator, oldest first."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    found = await decide.waiting(parts().store, meeting.id)
    rows = [
        {
            "q": question.q,
            "number": question.number,
            "text": question.text,
            "lang": question.lang,
            "by": question.name,
            "at": question.received_at,
            "revision": question.revision,
        }
        for question in found
    ]
    return jsonify({"questions": rows})


@api.post("/meetings/<slug>/questions/<q>/list")
async def list_question(slug: str, q: str) -> Response:
    """List a waiting question."""
    fields = await body(revision=int)
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.LIST)
    if person.sign_in is None:
        raise AssertionError("only invited staff may list")
    found = await decide.list_question(
        parts().store, meeting, person.sign_in, q, needed(fields, "revision"), parts().clock()
    )
    return jsonify({"number": found.number, "state": found.state, "revision": found.revision})


@api.post("/meetings/<slug>/questions/<q>/screen")
async def screen(slug: str, q: str) -> Response:
    """Screen a question out with a public reason."""
    fields = await body(revision=int, reason=str, note=str, target=int)
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.SCREEN_OUT)
    if person.sign_in is None:
        raise AssertionError("only invited staff may screen")
    found = await decide.screen_out(
        parts().store,
        meeting,
        person.sign_in,
        q,
        needed(fields, "revision"),
        needed(fields, "reason"),
        fields.get("note") or "",
        fields.get("target"),
        parts().clock(),
    )
    return jsonify({"number": found.number, "state": found.state, "revision": found.revision})


@api.post("/meetings/<slug>/ticket")
async def live_ticket(slug: str) -> Response:
    """Thirty seconds of proof for opening a socket."""
    people.check_origin()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.LISTEN)
    sign_in = person.sign_in
    if sign_in is None:
        raise Refused(Refusal.SIGNED_OUT, "Please join the meeting first.")
    claims = ticket.TicketClaims(
        meeting=meeting.id,
        role=sign_in.role,
        voter=sign_in.voter,
        label=sign_in.label,
        sign_in_hash=digest(person.token),
        expires=parts().clock() + ticket.LIFETIME_MS,
    )
    return jsonify({"ticket": ticket.sign(parts().secret, claims)})


@api.post("/meetings/<slug>/votes")
async def cast_vote(slug: str) -> Response:
    """Vote, or take a vote back, where sockets are blocked."""
    fields = await body(n=int, on=bool, c=int, d=str)
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.VOTE)
    counter = needed(fields, "c")
    if not 1 <= counter < 2**53:
        raise Refused(Refusal.BAD_INPUT, "c: must be a positive whole number.")
    result = await vote.cast_now(
        parts().store,
        meeting,
        person.voter(),
        needed(fields, "n"),
        needed(fields, "on"),
        counter,
        fields.get("d") or "api",
        parts().clock(),
    )
    return jsonify({"n": result.n, "on": result.on, "votes": result.votes})


@api.get("/meetings/<slug>/votes")
async def read_votes(slug: str) -> Response:
    """The caller's own votes by public number."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    found = await vote.own_votes(parts().store, meeting.id, cast(int, person.voter().voter))
    return jsonify({"votes": found.votes, "own": found.own})
