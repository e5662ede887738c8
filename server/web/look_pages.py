"""What a meeting looks like and goes by: its colours as a stylesheet, its logo, its policy."""

from __future__ import annotations

from quart import Response

from server.acts import meetings
from server.domain.logo import TYPES
from server.domain.meeting_fields import COLOUR
from server.domain.palette import stylesheet
from server.domain.refusals import Refusal, Refused
from server.web import people
from server.web.api import meeting_at
from server.web.markdown import rendered
from server.web.pages import html
from server.web.parts import parts
from server.web.rendering import meeting_value, page
from server.web.staff_pages import staff_pages

FOR_EVER = "public, max-age=31536000, immutable"


@staff_pages.get("/style/<colour>.css")
async def style(colour: str) -> Response:
    """A colour's stylesheet (S-34). It depends on its address alone, so it never changes."""
    if not COLOUR.fullmatch(f"#{colour}"):
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    response = Response(stylesheet(f"#{colour}"), mimetype="text/css")
    response.headers["Cache-Control"] = FOR_EVER
    return response


@staff_pages.get("/m/<slug>/logo/<name>")
async def logo(slug: str, name: str) -> Response:
    """The meeting's logo, at an address that its bytes give it."""
    meeting = await meeting_at(slug)
    raw = await meetings.logo_bytes(parts().store, meeting) if name == meeting.logo else None
    if raw is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    response = Response(raw, mimetype=TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = FOR_EVER
    return response


@staff_pages.get("/m/<slug>/policy")
async def policy(slug: str) -> Response:
    """The rules of moderation, for everybody: before joining, too."""
    meeting = await meeting_at(slug)
    return await html(
        "policy.html",
        **page(meeting.title, await people.member_of_staff(meeting)),
        meeting=meeting_value(meeting),
        policy_html=rendered(meeting.policy),
        reasons=meeting.reasons,
    )
