"""Pages for attendees and readers. All of them work without JavaScript."""

from __future__ import annotations

import csv
import io
import secrets
from typing import Any, cast

from quart import Blueprint, Response, jsonify, redirect, render_template, request

from server.acts import admission, decide, meetings, submit, vote
from server.domain.ids import fate_capability, from_bytes, normal_code
from server.domain.meeting import Meeting
from server.domain.orders import Order, ordered
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, may
from server.store.question_rows import Question
from server.web import network, people, rendering
from server.web.api import meeting_at
from server.web.parts import parts
from server.web.rendering import meeting_value, own_value, page

NUMBER_WAIT_S = 1.5
MINE_SHOWN = 3
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
    return response


def go(address: str) -> Response:
    """See other: after a POST the browser shows a page that may be reloaded."""
    return cast(Response, redirect(address, 303))


def fate_address(meeting: Meeting, q: str) -> str:
    """Where a question's asker follows it."""
    return f"/m/{meeting.slug}/fate/{fate_capability(parts().secret, meeting.id, q)}"


@pages.get("/")
async def home() -> Response:
    """Join with a code."""
    return await html("home.html", **page("Openfloor"), code="", error=None)


@pages.post("/join")
async def find() -> Response:
    """Find the meeting of a code and join it."""
    fields = await form()
    await network.take()
    code = normal_code(fields.get("code", ""))
    meeting = await meetings.by_code(parts().store, code)
    if meeting is None:
        detail = "No meeting has this code. A personal code works on the meeting's own page."
        return await html("home.html", **page("Openfloor"), code=code, error=detail)
    if meeting.admission == "roster":
        return go(f"/m/{meeting.slug}/join")
    joined = await admission.join(parts().store, meeting, code, parts().clock())
    response = go(f"/m/{meeting.slug}")
    people.keep(response, joined)
    return response


@pages.get("/m/<slug>/join")
async def join_page(slug: str) -> Response:
    """What joining assures, and the code."""
    meeting = await meeting_at(slug)
    told = page(meeting.title)
    return await html("join.html", **told, meeting=meeting_value(meeting), code="", error=None)


@pages.post("/m/<slug>/join")
async def join(slug: str) -> Response:
    """Join one meeting."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    code = fields.get("code", "")
    try:
        joined = await admission.join(parts().store, meeting, code, parts().clock())
    except Refused as refused:
        value = meeting_value(meeting)
        told = page(meeting.title)
        response = await html("join.html", **told, meeting=value, code=code, error=refused.detail)
        response.status_code = 404 if refused.refusal is Refusal.UNKNOWN else 410
        return response
    response = go(f"/m/{slug}")
    people.keep(response, joined)
    return response


async def _own(
    meeting: Meeting, person: people.Person
) -> tuple[set[int], set[int], list[Question]]:
    if person.sign_in is None or person.sign_in.voter is None:
        return set(), set(), []
    voter = person.sign_in.voter
    found = await vote.own_votes(parts().store, meeting.id, voter)
    return set(found.votes), set(found.own), await submit.mine(parts().store, meeting, voter)


@pages.get("/m/<slug>")
async def board(slug: str) -> Response:
    """The board and the ask form."""
    return await render_board(slug, {}, None)


async def render_board(slug: str, typed: dict[str, str], error: str | None) -> Response:
    """The board; with what was typed and why it was refused, where it was."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    shown = await parts().boards.follow(meeting.id)
    votes, own, asked = await _own(meeting, person)
    name = request.args.get("order", "wanted")
    order = Order(name) if name in set(Order) else Order.WANTED
    search = request.args.get("search", "")[:100]
    seed = person.sign_in.voter if person.sign_in and person.sign_in.voter is not None else 0
    rows = [
        {**row.wire(), "mine": row.n in votes, "own": row.n in own}
        for row in ordered(shown.rows.values(), order, seed)
        if search.casefold() in row.text.casefold()
    ]
    on_air = next((row for row in rows if row["state"] == State.ON_AIR), None)
    said = request.args.get("asked", "")
    receipt = next(
        ({"number": q.number, "fate": fate_address(meeting, q.q)} for q in asked if q.q == said),
        None,
    )
    ask = {"q": from_bytes(secrets.token_bytes(16)), "text": "", "lang": meeting.languages[0]}
    return await html(
        "board.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        rows=[row for row in rows if row["state"] != State.ON_AIR],
        on_air=on_air,
        counts=shown.counts,
        order=order.value,
        search=search,
        seed=seed,
        ask={**ask, "name": "", **typed},
        ask_error=error,
        receipt=receipt,
        mine=[own_value(meeting, q, fate_address(meeting, q.q)) for q in asked[:MINE_SHOWN]],
        can_ask=may(person.role, Act.ASK) and meeting.asks_open(),
        can_vote=may(person.role, Act.VOTE) and meeting.votes_open(),
        may_moderate=may(person.role, Act.READ_WAITING),
        may_organise=may(person.role, Act.ORGANISE),
        snapshot=shown.snapshot(parts().tick_ms),
    )


@pages.post("/m/<slug>/ask")
async def ask(slug: str) -> Response:
    """Submit by form. A refused text comes back in the form: nothing typed is lost."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.ASK)
    typed = {name: fields.get(name, "") for name in ("q", "text", "lang", "name")}
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
        )
    except Refused as refused:
        response = await render_board(slug, typed, refused.detail)
        response.status_code = 429 if refused.refusal is Refusal.TOO_FAST else 400
        return response
    await parts().boards.numbered(meeting.id, receipt.q, NUMBER_WAIT_S)
    return go(f"/m/{slug}?asked={receipt.q}")


@pages.post("/m/<slug>/vote")
async def cast_vote(slug: str) -> Response:
    """Vote, or take back, by a plain form."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.VOTE)
    number = fields.get("n", "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Refused(Refusal.BAD_INPUT, "n: must be a question's number.")
    now, store = parts().clock(), parts().store
    on = fields.get("on") == "on"
    await vote.cast_now(store, meeting, person.voter(), int(number), on, now, "form", now)
    if fields.get("back") == "question":
        return go(f"/m/{slug}/q/{int(number)}")
    order = fields.get("order", "wanted")
    return go(f"/m/{slug}?order={order if order in set(Order) else 'wanted'}")


@pages.get("/m/<slug>/q/<int:n>")
async def question(slug: str, n: int) -> Response:
    """One question of the board."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    row = (await parts().boards.follow(meeting.id)).rows.get(n)
    if row is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number on the board.")
    votes, own, _ = await _own(meeting, person)
    return await html(
        "question.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        row={**row.wire(), "mine": n in votes, "own": n in own},
        can_vote=may(person.role, Act.VOTE) and meeting.votes_open(),
    )


@pages.get("/m/<slug>/mine")
async def mine(slug: str) -> Response:
    """One's own questions in every state."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    _, _, asked = await _own(meeting, person)
    rows = [own_value(meeting, q, fate_address(meeting, q.q)) for q in asked]
    told = page(meeting.title, person)
    return await html("mine.html", **told, meeting=meeting_value(meeting), mine=rows)


@pages.post("/m/<slug>/withdraw")
async def withdraw(slug: str) -> Response:
    """Take an own question back."""
    fields = await form()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.WITHDRAW)
    q = fields.get("q", "")
    await submit.withdraw(parts().store, meeting, person.voter(), q, parts().clock())
    return go(f"/m/{slug}/mine")


@pages.get("/m/<slug>/fate/<capability>")
async def fate(slug: str, capability: str) -> Response:
    """Follow one question, on any device that has the address."""
    meeting = await meeting_at(slug)
    found = await submit.by_fate(parts().store, meeting, capability)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    address = f"{parts().public_url}{request.path}"
    return await html(
        "fate.html",
        **page(meeting.title, await people.attendee(meeting)),
        meeting=meeting_value(meeting),
        own=own_value(meeting, found, request.path),
        address=address,
        qr=rendering.qr(address),
    )


@pages.get("/m/<slug>/device")
async def device(slug: str) -> Response:
    """Offer a link for another device, or take one."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    mode = "offer" if may(person.role, Act.LINK_DEVICE) else "take"
    return await _device(meeting, person, mode, None)


async def _device(meeting: Meeting, person: people.Person, mode: str, link: str | None) -> Response:
    return await html(
        "device.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        mode=mode,
        link=link,
        qr=rendering.qr(link) if link else None,
        expires_at=parts().clock() + admission.DEVICE_LINK_S * 1000 if link else None,
        error=None,
    )


@pages.post("/m/<slug>/device")
async def make_device_link(slug: str) -> Response:
    """Make a one-time link for another device."""
    await form()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.LINK_DEVICE)
    token = await admission.device_link(parts().store, meeting, person.voter(), parts().clock())
    link = f"{parts().public_url}/m/{slug}/device#{token}"
    return await _device(meeting, person, "made", link)


@pages.post("/m/<slug>/device/take")
async def take_device(slug: str) -> Response:
    """Sign this device in as the same attendee."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    token = fields.get("token", "").rpartition("#")[2].strip()
    joined = await admission.take_device(parts().store, meeting, token, parts().clock())
    response = go(f"/m/{slug}")
    people.keep(response, joined)
    return response


@pages.post("/m/<slug>/signout")
async def sign_out(slug: str) -> Response:
    """End this browser's sign-ins to the meeting."""
    await form()
    meeting = await meeting_at(slug)
    for person in (await people.attendee(meeting), await people.member_of_staff(meeting)):
        if person.sign_in is not None:
            await admission.sign_out(parts().store, meeting.id, person.token)
    told = page(meeting.title)
    response = await html("signed_out.html", **told, meeting=meeting_value(meeting))
    people.forget(response, meeting)
    return response


async def _record(slug: str) -> tuple[Meeting, people.Person, list[dict[str, Any]]]:
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    sentences = {reason.code: reason.sentence for reason in meeting.reasons}
    entries = [
        {
            "number": question.number,
            "text": None if question.withheld else question.text,
            "lang": question.lang,
            "dir": question.dir,
            "length": len(question.text),
            "reason": question.reason,
            "reason_sentence": sentences.get(question.reason or "", ""),
            "note": question.note or None,
            "by": question.by or None,
            "at": question.decided_at or question.received_at,
            "votes": question.votes,
        }
        for question in await decide.screened_out(parts().store, meeting.id)
    ]
    return meeting, person, entries


@pages.get("/m/<slug>/screened-out")
async def screened_out(slug: str) -> Response:
    """What was screened out, and why."""
    meeting, person, entries = await _record(slug)
    return await html(
        "screened_out.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        counts=(await parts().boards.follow(meeting.id)).counts,
        entries=entries,
    )


@pages.get("/m/<slug>/screened-out.json")
async def screened_out_json(slug: str) -> Response:
    """The same as JSON."""
    _, _, entries = await _record(slug)
    return jsonify({"screened_out": entries})


@pages.get("/m/<slug>/screened-out.csv")
async def screened_out_csv(slug: str) -> Response:
    """The same as CSV; a cell that a spreadsheet would run as a formula starts with a quote mark."""
    _, _, entries = await _record(slug)
    out = io.StringIO()
    names = ["number", "text", "reason", "reason_sentence", "note", "by", "at", "votes"]
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    for entry in entries:
        writer.writerow([_cell(entry[name]) for name in names])
    return Response(out.getvalue(), mimetype="text/csv")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\x00") else text
