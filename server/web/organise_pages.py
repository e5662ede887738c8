"""The organiser's list of meetings, and the page from which one meeting is run."""

from __future__ import annotations

from quart import Response, request

from server.acts import admission, meetings, staff
from server.domain.meeting import Meeting, Phase
from server.domain.meeting_fields import complaints
from server.domain.refusals import Refusal, Refused, Sentence
from server.domain.roles import INVITABLE, Act, Role
from server.protocol.answers import http_status
from server.store import rebuilding
from server.web import people, rendering
from server.web.log_keys import log_value
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.record_values import runs
from server.web.rendering import meeting_value, page
from server.web.staff_pages import organised, organiser, same_revision, staff_pages

WINDOWS = ("asking_from", "asking_until", "voting_from", "voting_until")
PHASES = (Phase.COLLECTING, Phase.LIVE, Phase.CLOSED)


@staff_pages.get("/organise")
async def meetings_list() -> Response:
    """All meetings of this deployment."""
    person = await organiser()
    person.need(Act.CREATE_MEETING)
    found = await meetings.all_meetings(parts().store)
    rows = [
        {"slug": m.slug, "title": m.title, "phase": m.phase.value, "starts_at": m.starts_at}
        for m in found
    ]
    return await html("organise_list.html", **page("Openfloor", person), meetings=rows)


@staff_pages.get("/m/<slug>/organise")
async def organise(slug: str) -> Response:
    """One meeting for its organiser."""
    meeting, person = await organised(slug)
    desk = await people.member_of_staff(meeting)
    if desk.role is Role.MODERATOR and desk.sign_in is not None and desk.sign_in.label:
        await staff.found_as_organiser(parts().store, meeting, desk.sign_in.label, parts().clock())
    return await run_page(meeting, person)


async def run_page(
    meeting: Meeting,
    person: people.Person,
    made: dict[str, str] | None = None,
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
    wrong: dict[str, Sentence] | None = None,
    lines: tuple[tuple[int, Sentence], ...] = (),
) -> Response:
    """The page as it stands, with an invitation just made, or with a refused form as it was typed."""
    link = rendering.join_address(meeting)
    now, order = parts().clock(), list(Phase)
    found = await staff.read(parts().store, meeting)
    rows = [
        {
            "id": one.id,
            "role": one.role.value,
            "whom": one.whom,
            "label": rendering.called(one.role, one.label),
            "standing": one.standing(now).value,
            "until": one.until,
            "also": one.also,
        }
        for one in found.appointments
    ]
    shown, log = meeting_value(meeting), await log_value(meeting)
    set_windows = [name for name in WINDOWS if getattr(meeting, name) is not None]
    response = await html(
        "organise_meeting.html",
        **page(meeting.title, person, notice=_notice()),
        meeting=shown,
        join_link=link,
        qr=rendering.qr(link),
        log=log,
        key_qr=rendering.qr(log.vkey) if log else None,
        rebuilt=await _rebuilt(meeting),
        phases=[p.value for p in PHASES if order.index(p) > order.index(meeting.phase)],
        invitations=rows,
        made=made,
        invitable=[role.value for role in INVITABLE],
        roster=await admission.roster_state(parts().store, meeting),
        values={name: rendering.wall_time(getattr(meeting, name)) for name in WINDOWS}
        | {"whom": "", "count": ""}
        | (typed or {}),
        wrong={name: rendering.said(words) for name, words in (wrong or {}).items()},
        windows_open=bool(set_windows or set(WINDOWS) & set(wrong or {})),
        lines=[(n, rendering.said(why)) for n, why in lines],
        error=rendering.refusal(refused) if refused and not wrong else None,
    )
    if refused is not None:
        response.status_code = http_status(refused.refusal)
    return response


async def _rebuilt(meeting: Meeting) -> dict[str, object] | None:
    """When the store was rebuilt from the log, and whose text was lost, as runs of numbers."""
    found = await rebuilding.rebuilt(parts().store, meeting.id)
    return {"at": found[0], "lost": runs(found[1])} if found else None


def _notice() -> str | None:
    """What was just done, said once; only sentences of ours, told by name and number."""
    for name in ("added", "revoked", "saved"):
        count = request.args.get(name, "")
        if count.isascii() and count.isdigit() and len(count) < 8:
            return rendering.sentence(f"organise.notice_{name}", count=int(count))
    return None


@staff_pages.get("/m/<slug>/organise/phase/<phase>")
async def confirm_phase(slug: str, phase: str) -> Response:
    """What a step means, before it is done: there is no way back."""
    meeting, person = await organised(slug)
    order = list(Phase)
    if phase not in set(PHASES) or order.index(Phase(phase)) <= order.index(meeting.phase):
        raise Refused(Refusal.UNKNOWN, "There is no such step from here.")
    return await html(
        "organise_phase.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        phase=phase,
    )


async def _change(slug: str, names: tuple[str, ...]) -> Response:
    typed = await form()
    meeting, person = await organised(slug)
    fields: dict[str, object] = {name: typed.get(name, "") for name in names}
    wrong: dict[str, Sentence] = {}
    try:
        if names == ("switch",):
            if typed.get("name") not in ("asking", "voting"):
                raise Refused(Refusal.BAD_INPUT, "must be asking or voting.", field="name")
            fields = {typed["name"]: typed.get("on", "")}
        wrong = complaints(meeting, fields)
        same_revision(typed, meeting)
        await meetings.change(parts().store, meeting, fields, person.known_as(), parts().clock())
    except Refused as refused:
        wrong = {} if refused.refusal is Refusal.CONTENDED else wrong
        return await run_page(meeting, person, refused=refused, typed=typed, wrong=wrong)
    return go(f"/m/{slug}/organise?saved=1")


@staff_pages.post("/m/<slug>/organise/phase")
async def change_phase(slug: str) -> Response:
    """Move the meeting to a later phase."""
    return await _change(slug, ("phase",))


@staff_pages.post("/m/<slug>/organise/switch")
async def switch(slug: str) -> Response:
    """Open or close asking or voting by hand."""
    return await _change(slug, ("switch",))


@staff_pages.post("/m/<slug>/organise/windows")
async def change_windows(slug: str) -> Response:
    """Set the windows that the clock opens and closes."""
    return await _change(slug, WINDOWS)
