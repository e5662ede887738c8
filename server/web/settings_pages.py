"""Every setting of a meeting as one form: for a new one, and changed afterwards on a revision."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import available_timezones

from quart import Response, request

from server.acts import admission, meetings, series
from server.acts.series import Named
from server.domain.meeting import Meeting, Phase
from server.domain.meeting_fields import TIMES, complaints
from server.domain.refusals import Refused, Sentence
from server.domain.roles import Act
from server.protocol.answers import http_status
from server.web import people
from server.web.log_keys import vkey_of
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.reason_rows import REASONS_MAX, reasons_of, rows_of
from server.web.rendering import language, meeting_value, page, said, sentence, wall_time
from server.web.staff_pages import organised, organiser, same_revision, staff_pages

SETTINGS: tuple[str, ...] = (
    *("title", "description", "languages", "zone", *TIMES, "stream_url", "stream_delay_s"),
    *("after_display", "min_chars", "max_chars", "submit_limit", "policy", "readers"),
    *("accent", "admission"),
)
BLANK = Meeting(id="", slug="", code="", epoch="", created_at=0, title="", phase=Phase.ANNOUNCED)


def _values(meeting: Meeting) -> dict[str, str]:
    """A meeting's settings as its form shows them."""
    shown = {name: str(getattr(meeting, name)) for name in SETTINGS}
    shown |= {name: wall_time(getattr(meeting, name), meeting.zone) for name in TIMES}
    shown["phase"] = Phase.COLLECTING.value
    shown["languages"] = " ".join(meeting.languages)
    shown["after_display"] = "on" if meeting.after_display else "off"
    return shown


def _start() -> Meeting:
    """What the form of a new meeting begins with: policy and reasons in the organiser's language."""
    reasons = (replace(r, sentence=sentence(f"start.reason_{r.code}")) for r in BLANK.reasons)
    policy = sentence("start.policy")
    return replace(BLANK, languages=(language(),), policy=policy, reasons=tuple(reasons))


async def _form_page(
    meeting: Meeting | None,
    person: people.Person,
    typed: dict[str, str] | None = None,
    wrong: dict[str, Sentence] | None = None,
    status: int = 200,
) -> Response:
    stands = meeting or _start()
    shown = meeting_value(meeting) if meeting else None
    reasons = rows_of(stands.reasons, typed)
    response = await html(
        "organise_settings.html" if meeting else "organise_new.html",
        **page(meeting.title if meeting else "Openfloor", person),
        meeting=shown,
        values={**_values(stands), **dict.fromkeys(series.FIELDS, ""), **(typed or {})},
        wrong={name: said(words) for name, words in (wrong or {}).items()},
        zones=sorted(available_timezones()),
        reason_rows=reasons,
        earlier=[] if meeting else await _earlier(),
        full=len(reasons) >= REASONS_MAX,
        fixed=bool(meeting) and await admission.has_joined(parts().store, stands),
    )
    response.status_code = status
    return response


async def _earlier() -> list[dict[str, object]]:
    """The meetings that a new one may continue, newest first: ended, with a log."""
    found = [m for m in await meetings.all_meetings(parts().store) if m.ended]
    at = [(m, m.live_at or m.starts_at or m.created_at) for m in found if await vkey_of(m)]
    return [{"slug": m.slug, "title": m.title, "at": ms} for m, ms in at]


async def _created(fields: dict[str, object], typed: dict[str, str], now: int) -> Meeting:
    store, here = parts().store, (parts().records, parts().logs, parts().public_url)
    named = Named(*(typed.get(name, "") for name in series.FIELDS))
    return await meetings.create(store, fields, now, await series.earlier_head(store, *here, named))


def _fields(meeting: Meeting | None, typed: dict[str, str]) -> dict[str, object]:
    """The settings that a form sent. A reason list that was not sent is not touched."""
    fields: dict[str, object] = {name: typed[name] for name in SETTINGS if name in typed}
    if meeting is None and "phase" in typed:
        fields["phase"] = typed["phase"]  # afterwards it moves by confirmed steps
    if "reason_code_0" in typed:
        fields["reasons"] = reasons_of(typed)
    return fields


async def _save(
    meeting: Meeting | None, person: people.Person, typed: dict[str, str]
) -> Response | Meeting:
    """The meeting as created or changed; else the form as it was typed, errors at their fields."""
    if "more" in typed:
        return await _form_page(meeting, person, typed)
    store, now, fields = parts().store, parts().clock(), _fields(meeting, typed)
    picture = (await request.files).get("logo")
    raw = picture.read() if picture else b""
    wrong = complaints(meeting or replace(BLANK, title="a title"), fields)
    if meeting is None and not typed.get("title", "").strip():
        wrong["title"] = Sentence("a meeting needs one.")
    try:
        if raw:
            fields["logo"] = meetings.logo_name(raw)
        elif typed.get("no_logo") == "on":
            fields["logo"] = ""
        if meeting is not None:
            same_revision(typed, meeting)
        if wrong:
            return await _form_page(meeting, person, typed, wrong, 400)
        if meeting is None:
            after = await _created(fields, typed, now)
        else:
            if raw:
                await meetings.keep_logo(store, meeting, raw)
            after = await meetings.change(store, meeting, fields, person.known_as(), now)
            await meetings.drop_logos(store, after)
    except Refused as refused:
        wrong[refused.field] = refused.sentence
        return await _form_page(meeting, person, typed, wrong, http_status(refused.refusal))
    if meeting is None and raw:
        await meetings.keep_logo(store, after, raw)
    return after


@staff_pages.get("/organise/new")
async def new_meeting() -> Response:
    """The form for a new meeting."""
    person = await organiser()
    person.need(Act.CREATE_MEETING)
    return await _form_page(None, person)


@staff_pages.post("/organise/new")
async def create_meeting() -> Response:
    """Create a meeting; a refused form comes back as it was typed."""
    typed = await form()
    person = await organiser()
    person.need(Act.CREATE_MEETING)
    saved = await _save(None, person, typed)
    return go(f"/m/{saved.slug}/organise") if isinstance(saved, Meeting) else saved


@staff_pages.get("/m/<slug>/organise/settings")
async def settings(slug: str) -> Response:
    """All settings of a meeting."""
    return await _form_page(*await organised(slug))


@staff_pages.post("/m/<slug>/organise/settings")
async def change_settings(slug: str) -> Response:
    """Save settings on the revision that was read; logged as a change of the rules."""
    typed = await form()
    meeting, person = await organised(slug)
    saved = await _save(meeting, person, typed)
    return go(f"/m/{slug}/organise?saved=1") if isinstance(saved, Meeting) else saved
