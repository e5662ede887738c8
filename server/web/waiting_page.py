"""What waits for a moderator: list it, or screen it out with a reason."""

from __future__ import annotations

from quart import Response

from server.acts import decide
from server.domain.meeting import Meeting
from server.domain.refusals import Refused
from server.domain.roles import Act
from server.protocol.answers import http_status
from server.web import people
from server.web.api import meeting_at
from server.web.markdown import rendered
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal
from server.web.staff_pages import staff_pages, whole


@staff_pages.get("/m/<slug>/waiting")
async def waiting(slug: str) -> Response:
    """What waits for a moderator, oldest first."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_WAITING)
    return await _waiting(meeting, person, None)


async def _waiting(meeting: Meeting, person: people.Person, error: str | None) -> Response:
    found = await decide.waiting(parts().store, meeting.id)
    rows = [
        {
            "q": question.q,
            "number": question.number,
            "text": question.text,
            "lang": question.lang,
            "dir": question.dir,
            "by": question.name,
            "at": question.received_at,
            "revision": question.revision,
        }
        for question in found
    ]
    return await html(
        "waiting.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        questions=rows,
        waiting_count=len(rows),
        reasons=meeting.reasons,
        policy_html=rendered(meeting.policy),
        error=error,
    )


@staff_pages.post("/m/<slug>/waiting/list")
async def list_question(slug: str) -> Response:
    """List one question."""
    return await _decide(slug, Act.LIST)


@staff_pages.post("/m/<slug>/waiting/screen")
async def screen(slug: str) -> Response:
    """Screen one question out."""
    return await _decide(slug, Act.SCREEN_OUT)


async def _decide(slug: str, act: Act) -> Response:
    fields = await form()
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(act)
    if person.sign_in is None:
        raise AssertionError("only invited staff may decide")
    store, now = parts().store, parts().clock()
    q, revision = fields.get("q", ""), whole(fields, "revision")
    try:
        if act is Act.LIST:
            await decide.list_question(store, meeting, person.sign_in, q, revision, now)
        else:
            target = whole(fields, "target") if fields.get("target") else None
            reason, note = fields.get("reason", ""), fields.get("note", "")
            await decide.screen_out(
                store, meeting, person.sign_in, q, revision, reason, note, target, now
            )
    except Refused as refused:
        response = await _waiting(meeting, person, refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    return go(f"/m/{slug}/waiting")
