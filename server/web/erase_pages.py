"""An organiser erases a question's words on a legal basis: which one, what it means, then the step."""

from __future__ import annotations

from quart import Response, request

from server.acts import erase as erasing
from server.domain.erasing import NAMED
from server.domain.meeting import Meeting
from server.domain.question import text_is_public
from server.domain.refusals import Refusal, Refused
from server.protocol.answers import http_status
from server.store import erasing as stored
from server.store import question_rows
from server.store.question_rows import Question
from server.web import people
from server.web.pages import form, html
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal
from server.web.staff_pages import organised, staff_pages, whole


@staff_pages.get("/m/<slug>/organise/erase")
async def erasing_page(slug: str) -> Response:
    """Ask for the number; with `?n=`, say what erasing that question means, before it is done."""
    meeting, person = await organised(slug)
    given = request.args.get("n", "")
    n = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    found = await question_rows.by_number(parts().store, meeting.id, n) if n else None
    return await _page(meeting, person, found, missing=bool(given) and found is None)


async def _page(
    meeting: Meeting,
    person: people.Person,
    found: Question | None,
    missing: bool = False,
    error: str | None = None,
    done: erasing.Erasure | None = None,
) -> Response:
    # An organiser may not read what waits or is withheld, to erase it neither.
    public = found is not None and text_is_public(found.state, found.withheld)
    return await html(
        "organise_erase.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        row=found
        and {
            "n": found.number,
            "text": found.text if public else None,
            "gone": found.gone,
            "lang": found.lang,
            "dir": found.dir,
            "state": found.state.value,
            "revision": found.revision,
            "erased": found.erased,
            "rewritten": not await stored.owed(parts().store, [meeting.id]),
        },
        missing=missing,
        error=error,
        bases=[basis.value for basis in NAMED],
        done=done and {"rewritten": done.rewritten},
    )


@staff_pages.post("/m/<slug>/organise/erase")
async def erase(slug: str) -> Response:
    """Erase the question's words."""
    fields = await form()
    meeting, person = await organised(slug)
    n, revision, now = whole(fields, "n"), whole(fields, "revision"), parts().clock()
    basis, store = fields.get("basis", ""), parts().store
    try:
        done = await erasing.erase_named(store, meeting, n, revision, basis, now)
    except Refused as refused:
        if refused.refusal in (Refusal.SIGNED_OUT, Refusal.FORBIDDEN):
            raise
        found = await question_rows.by_number(store, meeting.id, n)
        response = await _page(meeting, person, found, found is None, refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    return await _page(meeting, person, done.question, done=done)
