"""One-time links: the page consumes nothing, its button does. And the way out for organisers."""

from __future__ import annotations

from quart import Response

from server.acts import admission, staff
from server.domain.meeting import Meeting
from server.domain.refusals import Refused
from server.domain.roles import Role
from server.protocol.answers import http_status
from server.web import network, people
from server.web.api import meeting_at
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal
from server.web.staff_pages import staff_pages, token_in

AFTER = {
    Role.MODERATOR: "/desk",
    Role.AUDITOR: "/desk",
    Role.HOST: "/host",
    Role.ORGANISER: "/organise",
}


async def _link(
    kind: str, action: str, meeting: Meeting | None, refused: Refused | None
) -> Response:
    response = await html(
        "link.html",
        **page(meeting.title if meeting else "Openfloor"),
        kind=kind,
        action=action,
        meeting=meeting_value(meeting) if meeting else None,
        error=refusal(refused) if refused else None,
    )
    if refused is not None:
        response.status_code = http_status(refused.refusal)
    return response


@staff_pages.get("/m/<slug>/invite")
async def invitation(slug: str) -> Response:
    """Accept an invitation."""
    return await _link("invitation", f"/m/{slug}/invite", await meeting_at(slug), None)


@staff_pages.post("/m/<slug>/invite")
async def redeem_invitation(slug: str) -> Response:
    """Sign in by an invitation; the sign-in that this browser had before on the staff ends."""
    fields = await form()
    await network.take()
    meeting, store = await meeting_at(slug), parts().store
    organises, before = await people.organiser_of(meeting), await people.member_of_staff(meeting)
    also = organises.role is Role.ORGANISER
    try:
        joined = await staff.redeem_invitation(
            store, meeting, token_in(fields), parts().clock(), also
        )
    except Refused as refused:
        return await _link("invitation", f"/m/{slug}/invite", meeting, refused)
    if before.sign_in is not None and before.role is not Role.ATTENDEE:
        await admission.sign_out(store, meeting.id, before.token)
    response = go(f"/m/{slug}{AFTER.get(joined.sign_in.role, '')}")
    people.keep(response, joined)
    return response


@staff_pages.get("/organise/link")
async def organiser_link() -> Response:
    """Use an organiser link."""
    return await _link("organiser", "/organise/link", None, None)


@staff_pages.post("/organise/link")
async def redeem_organiser_link() -> Response:
    """Sign in as an organiser; the organiser's sign-in that this browser had before ends."""
    fields = await form()
    await network.take()
    try:
        token = await staff.redeem_organiser_link(parts().store, token_in(fields), parts().clock())
    except Refused as refused:
        return await _link("organiser", "/organise/link", None, refused)
    before = await people.organiser(parts())
    if before is not None:
        await staff.end_organiser(parts().store, before.token)
    response = go("/organise")
    people.keep_organiser(response, token)
    return response


@staff_pages.post("/organise/signout")
async def organiser_sign_out() -> Response:
    """End the organiser's sign-in of this browser."""
    await form()
    person = await people.organiser(parts())
    if person is not None:
        await staff.end_organiser(parts().store, person.token)
    response = await html("signed_out.html", **page("Openfloor"), meeting=None)
    people.forget_organiser(response)
    return response
