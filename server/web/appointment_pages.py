"""Invitations of a meeting's staff: made, issued anew, revoked; and what the log's roster opens to."""

from __future__ import annotations

from quart import Response, jsonify

from server.acts import staff
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role
from server.web import people
from server.web.api import meeting_at
from server.web.organise_pages import run_page
from server.web.pages import form, go
from server.web.parts import parts
from server.web.rendering import called
from server.web.staff_pages import organised, staff_pages


@staff_pages.post("/m/<slug>/organise/invite")
async def invite(slug: str) -> Response:
    """Make an invitation and show its link once."""
    typed = await form()
    meeting, person = await organised(slug)
    role, whom = typed.get("role", ""), typed.get("whom", "")
    try:
        if role not in set(Role):
            raise Refused(Refusal.BAD_INPUT, "is not a role.", field="role")
        token = await staff.invite(
            parts().store,
            meeting,
            Role(role),
            parts().clock(),
            whom=whom,
            also=typed.get("also") == "on",
            by=person.known_as(),
        )
    except Refused as refused:
        wrong = {refused.field: refused.sentence} if refused.field else {}
        return await run_page(meeting, person, refused=refused, typed=typed, wrong=wrong)
    link = f"{parts().public_url}/m/{slug}/invite#{token}"
    return await run_page(meeting, person, {"role": role, "label": "", "whom": whom, "link": link})


@staff_pages.post("/m/<slug>/organise/invite/again")
async def issue_anew(slug: str) -> Response:
    """Another link for the same place on the staff; the old link and sign-in end."""
    typed = await form()
    meeting, person = await organised(slug)
    which = typed.get("id", "")
    token = await staff.issue_anew(
        parts().store, meeting, which, parts().clock(), person.known_as()
    )
    one = (await staff.read(parts().store, meeting)).get(which)
    link = f"{parts().public_url}/m/{slug}/invite#{token}"
    label = called(one.role, one.label)
    made = {"role": one.role.value, "label": label, "whom": one.whom, "link": link}
    return await run_page(meeting, person, made)


@staff_pages.post("/m/<slug>/organise/invite/revoke")
async def revoke(slug: str) -> Response:
    """End an invitation, or a member of staff with all that is open for them."""
    typed = await form()
    meeting, person = await organised(slug)
    await staff.revoke(
        parts().store, meeting, typed.get("id", ""), parts().clock(), person.known_as()
    )
    return go(f"/m/{slug}/organise?revoked=1")


@staff_pages.get("/m/<slug>/roles.json")
async def roles(slug: str) -> Response:
    """Whom each label belongs to, with the salts that open the log's roster: for organisers and
    auditors alone."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_ROLES)
    found = await staff.read(parts().store, meeting)
    rows = [
        {
            "label": one.label,
            "subject": one.subject,
            "salt": one.salt,
            "revoked": one.revoked,
            "also_organiser": one.also,
        }
        for one in found.appointments
        if one.label
    ]
    return jsonify({"roles": rows, "roster": staff.roster_document(found).decode()})
