"""Pages for moderators and organisers."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from markdown_it import MarkdownIt
from markupsafe import Markup
from nh3 import clean as sanitised
from quart import Blueprint, Response

from server.acts import admission, decide, meetings, staff
from server.domain.meeting import STARTING_POLICY, Meeting, Phase
from server.domain.refusals import Refusal, Refused
from server.domain.roles import INVITABLE, Act, Role
from server.domain.screening import STARTING_REASONS
from server.web import network, people, rendering
from server.web.api import meeting_at
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import meeting_value, page

ROSTER_AT_ONCE = 5_000
staff_pages = Blueprint("staff_pages", __name__)


def _whole(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(Refusal.BAD_INPUT, f"{name}: must be a whole number.")
    return int(text)


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
    policy = sanitised(MarkdownIt("commonmark", {"html": False}).render(meeting.policy))
    return await html(
        "waiting.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        questions=rows,
        waiting_count=len(rows),
        reasons=meeting.reasons,
        policy_html=Markup(policy),  # noqa: S704  # rendered without HTML, then sanitised
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
    q, revision = fields.get("q", ""), _whole(fields, "revision")
    try:
        if act is Act.LIST:
            await decide.list_question(store, meeting, person.sign_in, q, revision, now)
        else:
            target = _whole(fields, "target") if fields.get("target") else None
            reason, note = fields.get("reason", ""), fields.get("note", "")
            await decide.screen_out(
                store, meeting, person.sign_in, q, revision, reason, note, target, now
            )
    except Refused as refused:
        response = await _waiting(meeting, person, refused.detail)
        response.status_code = 409 if refused.refusal is Refusal.CONTENDED else 400
        return response
    return go(f"/m/{slug}/waiting")


@staff_pages.get("/m/<slug>/invite")
async def invitation(slug: str) -> Response:
    """Accept an invitation: the page consumes nothing, its button does."""
    meeting = await meeting_at(slug)
    return await html(
        "link.html",
        **page(meeting.title),
        kind="invitation",
        action=f"/m/{slug}/invite",
        meeting=meeting_value(meeting),
        error=None,
    )


def _token(fields: dict[str, str]) -> str:
    return fields.get("token", "").rpartition("#")[2].strip()


@staff_pages.post("/m/<slug>/invite")
async def redeem_invitation(slug: str) -> Response:
    """Sign in by an invitation."""
    fields = await form()
    await network.take()
    meeting = await meeting_at(slug)
    joined = await staff.redeem_invitation(parts().store, meeting, _token(fields), parts().clock())
    there = {Role.MODERATOR: "/waiting", Role.AUDITOR: "/waiting", Role.ORGANISER: "/organise"}
    response = go(f"/m/{slug}{there.get(joined.sign_in.role, '')}")
    people.keep(response, joined)
    return response


@staff_pages.get("/organise/link")
async def organiser_link() -> Response:
    """Use an organiser link: the page consumes nothing, its button does."""
    told = page("Openfloor")
    return await html(
        "link.html", **told, kind="organiser", action="/organise/link", meeting=None, error=None
    )


@staff_pages.post("/organise/link")
async def redeem_organiser_link() -> Response:
    """Sign in as an organiser."""
    fields = await form()
    await network.take()
    token = await staff.redeem_organiser_link(parts().store, _token(fields), parts().clock())
    response = go("/organise")
    people.set_cookie(response, people.ORGANISER_COOKIE, token)
    return response


async def _organiser() -> people.Person:
    person = await people.organiser(parts()) or people.Person(Role.READER)
    if person.role is Role.READER:
        raise Refused(
            Refusal.SIGNED_OUT,
            "Open an organiser link first: ./openfloor organiser-link prints one.",
        )
    person.need(Act.CREATE_MEETING)
    return person


@staff_pages.get("/organise")
async def meetings_list() -> Response:
    """All meetings of this deployment."""
    person = await _organiser()
    found = await meetings.all_meetings(parts().store)
    rows = [
        {"slug": m.slug, "title": m.title, "phase": m.phase.value, "starts_at": m.starts_at}
        for m in found
    ]
    return await html("organise_list.html", **page("Openfloor", person), meetings=rows)


def _reason_lines(meeting_reasons: tuple[Any, ...]) -> str:
    return "\n".join(
        f"{r.code}; {r.sentence}{'; withheld' if r.withholds else ''}"
        f"{'; target' if r.needs_target else ''}"
        for r in meeting_reasons
    )


def _reasons(text: str) -> list[dict[str, object]]:
    read: list[dict[str, object]] = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(";")]
        if any(words):
            flags = set(words[2:])
            read.append(
                {
                    "code": words[0],
                    "sentence": words[1] if len(words) > 1 else "",
                    "withholds": "withheld" in flags,
                    "needs_target": "target" in flags,
                }
            )
    return read


@staff_pages.get("/organise/new")
async def new_meeting() -> Response:
    """The form for a new meeting."""
    return await _new(await _organiser(), {}, None)


async def _new(person: people.Person, typed: dict[str, str], refused: Refused | None) -> Response:
    errors = []
    if refused is not None:
        field, _, message = refused.detail.partition(": ")
        errors = [{"field": field, "message": message or refused.detail}]
    starting = {
        "languages": "en",
        "zone": "UTC",
        "min_chars": "10",
        "max_chars": "500",
        "submit_limit": "3",
        "stream_delay_s": "0",
        "admission": "code",
        "readers": "link",
        "accent": "#0b6e69",
    }
    response = await html(
        "organise_new.html",
        **page("Openfloor", person),
        values={**starting, **typed},
        zones=sorted(available_timezones()),
        errors=errors,
        policy=typed.get("policy", STARTING_POLICY),
        reasons=typed.get("reasons", _reason_lines(STARTING_REASONS)),
    )
    response.status_code = 400 if errors else 200
    return response


@staff_pages.post("/organise/new")
async def create_meeting() -> Response:
    """Create a meeting; a refused form comes back as it was typed."""
    typed = await form()
    person = await _organiser()
    fields: dict[str, object] = {k: v for k, v in typed.items() if k != "csrf"}
    fields["after_display"] = typed.get("after_display", "")
    if "reasons" in typed:
        fields["reasons"] = _reasons(typed["reasons"])
    try:
        meeting = await meetings.create(parts().store, fields, parts().clock())
    except Refused as refused:
        return await _new(person, typed, refused)
    return go(f"/m/{meeting.slug}/organise")


@staff_pages.get("/m/<slug>/organise")
async def organise(slug: str) -> Response:
    """One meeting for its organiser."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    return await _organise(meeting, person, [])


async def _organise(
    meeting: Meeting, person: people.Person, made: list[dict[str, str]], error: str | None = None
) -> Response:
    link = f"{parts().public_url}/m/{meeting.slug}/join"
    order = list(Phase)
    return await html(
        "organise_meeting.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        join_link=link,
        qr=rendering.qr(link),
        phases=[phase.value for phase in order[order.index(meeting.phase) + 1 :]],
        invitations=made,
        invitable=[role.value for role in INVITABLE],
        roster_size=await admission.roster_size(parts().store, meeting),
        error=error,
    )


async def _change(slug: str, names: tuple[str, ...]) -> Response:
    typed = await form()
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    fields: dict[str, object] = {name: typed.get(name, "") for name in names}
    if names == ("switch",):
        if typed.get("name") not in ("asking", "voting"):
            raise Refused(Refusal.BAD_INPUT, "name: must be asking or voting.")
        fields = {typed["name"]: typed.get("on", "")}
    try:
        if _whole(typed, "revision") != meeting.revision:
            raise Refused(Refusal.CONTENDED, "Somebody else changed this meeting. Look again.")
        await meetings.change(parts().store, meeting, fields, "org:1", parts().clock())
    except Refused as refused:
        response = await _organise(meeting, person, [], refused.detail)
        response.status_code = 409 if refused.refusal is Refusal.CONTENDED else 400
        return response
    return go(f"/m/{slug}/organise")


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
    return await _change(slug, ("asking_from", "asking_until", "voting_from", "voting_until"))


@staff_pages.post("/m/<slug>/organise/invite")
async def invite(slug: str) -> Response:
    """Make an invitation and show it once."""
    typed = await form()
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    role = typed.get("role", "")
    if role not in set(Role):
        raise Refused(Refusal.BAD_INPUT, "role: is not a role.")
    token = await staff.invite(parts().store, meeting, Role(role), parts().clock())
    link = f"{parts().public_url}/m/{slug}/invite#{token}"
    return await _organise(meeting, person, [{"role": role, "link": link}])


@staff_pages.post("/m/<slug>/organise/roster")
async def make_roster(slug: str) -> Response:
    """Make single-use codes and show them once, as a sheet to print."""
    typed = await form()
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    count = min(_whole(typed, "count"), ROSTER_AT_ONCE)
    codes = await admission.import_roster(parts().store, meeting, count, parts().clock())
    return await html(
        "roster_sheet.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        join_link=f"{parts().public_url}/m/{slug}/join",
        codes=codes,
    )
