"""Pages of coming in and going out: join, another device, sign out."""

from __future__ import annotations

from quart import Response

from server.acts import admission, meetings, staff
from server.domain.ids import normal_code
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role, may
from server.live import measures
from server.protocol.answers import http_status
from server.web import network, people, rendering
from server.web.api import meeting_at
from server.web.pages import form, go, html, pages
from server.web.parts import parts
from server.web.rendering import called, meeting_value, page, refusal


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
        none = Refused(
            Refusal.UNKNOWN,
            "No meeting has this code. A personal code works on the meeting's own page.",
        )
        response = await html("home.html", **page("Openfloor"), code=code, error=refusal(none))
        response.status_code = http_status(none.refusal)
        return response
    if await _has_joined(meeting):
        return go(f"/m/{meeting.slug}")
    if meeting.admission == "roster":
        return go(f"/m/{meeting.slug}/join")
    joined = await admission.join(parts().store, meeting, code, parts().clock())
    response = go(f"/m/{meeting.slug}")
    people.keep(response, joined)
    return response


async def _has_joined(meeting: Meeting) -> bool:
    """True when this browser holds a living attendee sign-in: joining once more would make a second
    voter of the same person, and leave the first one's questions and votes behind."""
    return (await people.attendee(meeting)).role is Role.ATTENDEE


@pages.get("/m/<slug>/join")
async def join_page(slug: str) -> Response:
    """What joining assures, and the code."""
    meeting = await meeting_at(slug)
    return await _join(meeting, "", None)


async def _join(meeting: Meeting, code: str, error: str | None) -> Response:
    appointed = await staff.read(parts().store, meeting)
    return await html(
        "join.html",
        **page(meeting.title),
        meeting=meeting_value(meeting),
        joined=await _has_joined(meeting),
        also=[called(Role.MODERATOR, label) for label in appointed.also_organisers()],
        code=code,
        error=error,
    )


@pages.post("/m/<slug>/join")
async def join(slug: str) -> Response:
    """Join one meeting."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    if await _has_joined(meeting):
        return go(f"/m/{slug}")
    code = fields.get("code", "")
    try:
        joined = await admission.join(parts().store, meeting, code, parts().clock())
    except Refused as refused:
        measures.HTTP.refusals[refused.refusal].inc()
        response = await _join(meeting, code, refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    response = go(f"/m/{slug}")
    people.keep(response, joined)
    return response


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
    operator = await people.organiser(parts())
    if operator is not None:
        await staff.end_organiser(parts().store, operator.token)
    for person in (await people.attendee(meeting), await people.member_of_staff(meeting)):
        if person.sign_in is not None:
            await admission.sign_out(parts().store, meeting.id, person.token)
    told = page(meeting.title)
    response = await html("signed_out.html", **told, meeting=meeting_value(meeting))
    people.forget(response, meeting)
    people.forget_organiser(response)
    return response
