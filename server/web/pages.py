"""Pages for attendees and readers. All of them work without JavaScript."""

from __future__ import annotations

import hmac
import secrets
from typing import Any, cast
from urllib.parse import urlencode

from quart import Blueprint, Response, redirect, render_template, request
from redis.exceptions import RedisError

from server.acts import submit, vote
from server.catalogue import NAMES
from server.domain.ids import fate_capability, from_bytes
from server.domain.meeting import Meeting
from server.domain.orders import Order, ordered
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, may
from server.domain.seal import sealed
from server.live import measures
from server.protocol.answers import http_status
from server.store.question_rows import Question
from server.web import away, network, people, rendering
from server.web.api import meeting_at
from server.web.log_keys import log_value
from server.web.parts import parts
from server.web.player import stream_value
from server.web.rendering import (
    attendee_sentences,
    language_of,
    meeting_value,
    own_value,
    page,
    refusal,
)

MINE_SHOWN = 3
ROWS_DRAWN = 50  # the script draws the others from the snapshot; without one a link shows them all
# What a board needs at once, found by the browser without reading one script after the other.
MODULES = "times ask board lines live moves outbox ranking rows seen similar upvote view words"
pages = Blueprint("pages", __name__)


async def form() -> dict[str, str]:
    """The fields of one of our own forms; anything else is refused."""
    people.check_origin()
    fields = {name: str(value) for name, value in (await request.form).items()}
    people.check_form(fields.get("csrf", ""))
    # The form parser puts U+FFFD where bytes were not UTF-8 and says nothing.
    if any("\ufffd" in value for value in fields.values()):
        raise Refused(Refusal.BAD_TEXT, "This text is not valid UTF-8. Please type it again.")
    return fields


async def html(template: str, **context: Any) -> Response:
    """A rendered page; the browser gets a form cookie when it has none yet."""
    fresh = ""
    if not request.cookies.get(people.cookie_name(people.FORM_COOKIE)):
        fresh = from_bytes(secrets.token_bytes(16))
        context["page"]["csrf"] = people.form_token(fresh)
    response = Response(await render_template(template, **context), mimetype="text/html")
    if fresh:
        people.set_cookie(response, people.FORM_COOKIE, fresh)
    if request.args.get("lang") in NAMES:
        people.set_cookie(
            response, people.LANGUAGE_COOKIE, request.args["lang"], people.LANGUAGE_MS
        )
    return response


def go(address: str) -> Response:
    """See other: after a POST the browser shows a page that may be reloaded."""
    return cast(Response, redirect(address, 303))


def fate_address(meeting: Meeting, q: str) -> str:
    """Where a question's asker follows it."""
    return f"/m/{meeting.slug}/fate/{fate_capability(parts().secret, meeting.id, q)}"


async def own_numbers(meeting: Meeting, person: people.Person) -> tuple[set[int], set[int]]:
    """The numbers of the questions that this person voted for, and asked."""
    if person.sign_in is None or person.sign_in.voter is None:
        return set(), set()
    voter, store = person.sign_in.voter, parts().store
    nothing = vote.OwnVotes([], [])
    found = await away.or_last(lambda: vote.own_votes(store, meeting.id, voter), nothing)
    return set(found.votes), set(found.own)


async def asked_by(meeting: Meeting, person: people.Person) -> list[Question]:
    """One's own questions, newest first."""
    if person.sign_in is None or person.sign_in.voter is None:
        return []
    voter, store = person.sign_in.voter, parts().store
    none: list[Question] = []
    return await away.or_last(lambda: submit.mine(store, meeting, voter), none)


def _seed(meeting: Meeting, person: people.Person) -> int:
    """A person's own 32 bits for the fair order. Their voter number stays on the server."""
    if person.sign_in is None or person.sign_in.voter is None:
        return 0
    said = f"seed|{meeting.id}|{person.sign_in.voter}".encode()
    return int.from_bytes(hmac.digest(parts().secret, said, "sha256")[:4], "big")


def _ask_form(meeting: Meeting, asked: list[Question], typed: dict[str, str]) -> dict[str, str]:
    """What stands in the ask form: what was typed; else an own question that was sent back and is written
    again; else nothing, under a fresh id."""
    after = request.args.get("after", "")
    fresh = {
        "q": from_bytes(secrets.token_bytes(16)),
        "lang": language_of(meeting.languages),
        "text": "",
    }
    fresh |= {"after": "", "hint": "", "name": ""}
    for own in asked:
        if str(own.number) == after and own.state is State.SENT_BACK:
            fresh |= {"after": after, "hint": own.hint, "text": own.text, "lang": own.lang}
    return fresh | typed


def _receipt(meeting: Meeting, asked: list[Question]) -> dict[str, Any] | None:
    """The own question that was just sent, where the address names one."""
    said = request.args.get("asked", "")
    for own in asked:
        if own.q == said:
            return {"q": own.q, "number": own.number, "fate": fate_address(meeting, own.q)}
    return None


def _shuffled(numbers: set[int]) -> list[int]:
    """In another order on every page: a packed page's length then tells no guess of them (packing.py)."""
    return secrets.SystemRandom().sample(sorted(numbers), len(numbers))


@pages.get("/m/<slug>")
async def board(slug: str) -> Response:
    """The board and the ask form."""
    return await render_board(slug, {}, None)


async def render_board(slug: str, typed: dict[str, str], error: str | None) -> Response:
    """The board; with what was typed and why it was refused, where it was."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    shown = await parts().boards.follow(meeting.id)
    votes, own = await own_numbers(meeting, person)
    asked = await asked_by(meeting, person)
    name = request.args.get("order", "wanted")
    order = Order(name) if name in set(Order) else Order.WANTED
    search = request.args.get("search", "")[:100]
    seed = _seed(meeting, person)
    rows = [
        {**row.wire(), "mine": row.n in votes, "own": row.n in own}
        for row in ordered(shown.rows.values(), order, seed)
        if row.says(search)
    ]
    listed = [row for row in rows if row["state"] != State.ON_AIR]
    every = "all" in request.args
    return await html(
        "board.html",
        **page(meeting.title, person, sentences=attendee_sentences()),
        meeting=meeting_value(meeting),
        rows=listed,
        drawn=listed if every else listed[:ROWS_DRAWN],
        every_row=every,
        votes=_shuffled(votes),
        own=_shuffled(own),
        modules=MODULES.split(),
        on_air=next((row for row in rows if row["state"] == State.ON_AIR), None),
        counts=shown.counts,
        order=order.value,
        search=search,
        seed=seed,
        ask=_ask_form(meeting, asked, typed),
        ask_error=error,
        receipt=_receipt(meeting, asked),
        log=await log_value(meeting),
        mine=[own_value(meeting, q, fate_address(meeting, q.q)) for q in asked[:MINE_SHOWN]],
        can_ask=may(person.role, Act.ASK) and meeting.asks_open(),
        can_vote=may(person.role, Act.VOTE) and meeting.votes_open(),
        may_moderate=may(person.role, Act.READ_WAITING),
        may_organise=may(person.role, Act.ORGANISE),
        snapshot=shown.snapshot(parts().tick_ms),
        stream=stream_value(meeting),
    )


@pages.post("/m/<slug>/ask")
async def ask(slug: str) -> Response:
    """Submit by form. A refused text comes back in the form: nothing typed is lost."""
    fields = await form()
    names = ("q", "text", "lang", "name", "after", "salt", "hl_w", "hl_a")
    typed = {name: fields.get(name, "") for name in names}
    try:
        return await _ask(slug, typed)
    except RedisError as error:
        away.show_last()
        said = rendering.sentence(f"away.{away.words(error)}")
        response = await render_board(slug, typed, said)
        response.status_code = 503
        return response


async def _ask(slug: str, typed: dict[str, str]) -> Response:
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.ASK)
    after = typed["after"]
    if after and not (after.isascii() and after.isdigit() and len(after) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a question's number.", field="after")
    try:
        receipt = await submit.submit(
            parts().store,
            meeting,
            person.voter(),
            q=typed["q"],
            text=typed["text"].replace("\r\n", "\n"),
            lang=typed["lang"],
            name=typed["name"],
            via="web",
            secret=parts().secret,
            now=parts().clock(),
            after=int(after) if after else None,
            seal=sealed(typed["salt"], typed["hl_w"], typed["hl_a"]),
        )
    except Refused as refused:
        measures.HTTP.refusals[refused.refusal].inc()
        response = await render_board(slug, typed, refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    measures.HTTP.questions.inc()
    await parts().boards.numbered(meeting.id, receipt.q)
    return go(f"/m/{slug}?asked={receipt.q}")


@pages.post("/m/<slug>/vote")
async def cast_vote(slug: str) -> Response:
    """Vote, or take back, by a plain form: `on` or `off` is the question's number."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.VOTE)
    name = "on" if "on" in fields else "off"
    number = fields.get(name, "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a question's number.", field=name)
    now, store, on = parts().clock(), parts().store, name == "on"
    pace = parts().vote_pace
    await vote.cast_now(store, meeting, person.voter(), int(number), on, now, vote.FORM, pace)
    measures.HTTP.votes.inc()
    # The page that follows must show this vote in its count.
    await parts().boards.caught_up(meeting.id)
    if fields.get("back") == "question":
        return go(f"/m/{slug}/q/{int(number)}")
    order = fields.get("order", "wanted")
    kept = {"order": order if order in set(Order) else "wanted", "search": fields.get("search", "")}
    kept["all"] = "1" if "all" in fields else ""
    query = urlencode({name: value for name, value in kept.items() if value})
    return go(f"/m/{slug}?{query}#no-{int(number)}")
