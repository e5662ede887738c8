"""The asker's side: one's own questions, the fate of one, withdrawing, and one appeal."""

from __future__ import annotations

from quart import Response, request

from server.acts import appeal as appeals
from server.acts import erase as erasing
from server.acts import submit
from server.acts.admission import SignIn
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.domain.seal import Lock, secret_in
from server.store import erasing as stored
from server.store.question_rows import Question
from server.web import people, rendering
from server.web.api import meeting_at
from server.web.log_keys import log_value
from server.web.pages import asked_by, fate_address, form, go, html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, own_value, page


@pages.get("/m/<slug>/mine")
async def mine(slug: str) -> Response:
    """One's own questions in every state."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    asked = await asked_by(meeting, person)
    rows = [own_value(meeting, q, fate_address(meeting, q.q)) for q in asked]
    sign_in, told = person.sign_in, page(meeting.title, person)
    forgotten = meeting.ended and sign_in is not None and sign_in.voter is None
    shown = meeting_value(meeting)
    told |= {"log": await log_value(meeting), "forgotten": forgotten}
    return await html("mine.html", **told, meeting=shown, mine=rows)


async def _sent(slug: str, act: Act) -> tuple[Meeting, SignIn, dict[str, str]]:
    """The meeting, the attendee of it who may do this, and the fields of their form."""
    fields = await form()
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(act)
    return meeting, person.voter(), fields


@pages.post("/m/<slug>/withdraw")
async def withdraw(slug: str) -> Response:
    """Take an own question back."""
    meeting, asker, fields = await _sent(slug, Act.WITHDRAW)
    q, secret = fields.get("q", ""), secret_in(fields.get("pre", ""), Lock.WITHDRAW)
    now = parts().clock()
    await submit.withdraw(parts().store, meeting, asker, q, now, secret)
    return go(f"/m/{slug}/mine")


@pages.post("/m/<slug>/erase")
async def erase(slug: str) -> Response:
    """Erase the words of an own question for good."""
    meeting, asker, fields = await _sent(slug, Act.WITHDRAW)
    q, secret = fields.get("q", ""), secret_in(fields.get("pre", ""), Lock.WITHDRAW)
    done = await erasing.erase_own(parts().store, meeting, asker, q, secret, parts().clock())
    return go(fate_address(meeting, done.question.q))


@pages.post("/m/<slug>/appeal")
async def appeal(slug: str) -> Response:
    """Ask another moderator to look again at an own question that was screened out."""
    meeting, asker, fields = await _sent(slug, Act.APPEAL)
    q, why = fields.get("q", ""), fields.get("why", "").replace("\r\n", "\n")
    now, secret = parts().clock(), secret_in(fields.get("pre", ""), Lock.APPEAL)
    found = await appeals.appeal(parts().store, meeting, asker, q, why, now, secret)
    return go(fate_address(meeting, found.q))


@pages.get("/m/<slug>/fate/<capability>")
async def fate(slug: str, capability: str) -> Response:
    """Follow one question, on any device that has the address."""
    meeting = await meeting_at(slug)
    found = await submit.by_fate(parts().store, meeting, capability)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    address = f"{parts().public_url}{request.path}"
    person = await people.attendee(meeting)
    return await html(
        "fate.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        own=own_value(meeting, found, request.path),
        log=await log_value(meeting),
        is_asker=_asked_it(person, found),
        unwritten=bool(found.erased and await stored.owed(parts().store, [meeting.id])),
        address=address,
        qr=rendering.qr(address),
    )


def _asked_it(person: people.Person, question: Question) -> bool:
    sign_in = person.sign_in
    return sign_in is not None and sign_in.voter == question.asker
