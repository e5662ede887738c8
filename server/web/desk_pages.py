"""The moderators' desk: three panes that work by plain forms, and faster by script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from quart import Response, request

from server.acts import appeal, desk, staff, suggestions
from server.domain.differing import TELLING, Difference
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, pseudonym
from server.domain.rules import Rule, name
from server.domain.screening import SKIP_REASONS
from server.protocol.answers import http_status
from server.store.question_rows import Question
from server.web import desk_forms, desk_lists, desk_log_rows, desk_rows, people
from server.web.api import meeting_at
from server.web.api_desk import LOG_PAGE, position_of
from server.web.markdown import rendered
from server.web.pages import form, go, html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal, sentence, skips

# What is open stays open after these; their forms say what it is.
STAYS = ("merge_copies", "split", "split_all", "line_move", "dismiss")


@pages.get("/m/<slug>/desk")
async def desk_page(slug: str) -> Response:
    """The desk, with one queue and one question of it open."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_WAITING)
    return await _desk(meeting, person, request.args.get("n", ""))


@pages.get("/m/<slug>/waiting")
async def waiting(slug: str) -> Response:
    """Where questions waited before there was a desk: leads to its first queue."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    return go(f"/m/{slug}/desk")


async def _desk(
    meeting: Meeting,
    person: people.Person,
    wanted: str,
    error: str | None = None,
    kept: dict[str, str] | None = None,
    difference: Difference | None = None,
) -> Response:
    """The page, with number `wanted` open. `kept`: what was typed into a form that was refused, or that
    asks again because of a `difference` between two texts."""
    found = await desk.look(parts().store, meeting.id)
    at = desk_lists.where()
    rows = desk_lists.rows(found, at)
    numbers = {str(q.number): q for q in found.questions}
    chosen = numbers.get(wanted) or (numbers[str(rows.rows[0]["n"])] if rows.rows else None)
    similar = await suggestions.similar(parts().store, meeting.id, chosen.q) if chosen else []
    told = desk_rows.told(found)
    me = await _judged_by_others(meeting, person)
    return await html(
        "desk.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        queues=desk_lists.QUEUES,
        queue=at["queue"],
        order=at.get("by", ""),
        here=urlencode(at),
        counts=found.counts,
        rows=rows,
        chosen=desk_rows.row(chosen, people=found.people.get(chosen.q, 1)) if chosen else None,
        similar=[{**desk_rows.row(other), "likeness": score} for other, score in similar],
        members=desk_lists.members(found, chosen),
        copies=desk_lists.copies(found, chosen),
        offered=_offered(chosen, me),
        me=me,
        kept={**desk_forms.NOTHING_KEPT, **(kept or {})},
        line=[desk_rows.row(question) for question in found.line.questions],
        reasons=meeting.reasons,
        skip_reasons=skips(),
        policy_html=rendered(meeting.policy),
        desk=told,
        error=error,
        difference=difference,
        warned=[sentence(f"js.differ_{kind}") for kind in difference.kinds] if difference else [],
        telling={kind: sorted(words) for kind, words in TELLING.items()},
    )


@pages.post("/m/<slug>/desk/<act>")
async def desk_act(slug: str, act: str) -> Response:
    """One decision by a plain form."""
    fields = await form()
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_WAITING)
    known = desk_forms.ACTS.get(act)
    if known is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    person.need(known[0])
    if person.sign_in is None:
        raise AssertionError("only invited staff may decide")
    kept = {"act": act, **{name: fields[name] for name in desk_forms.TYPED if name in fields}}
    wanted = fields.get("n", "")
    try:
        sent = desk_forms.Sent(parts().store, meeting, person.sign_in, fields, parts().clock())
        if unread := await desk_forms.unread(sent, act):
            return await _desk(meeting, person, wanted, sentence("desk.differ"), kept, unread)
        await known[1](sent)
    except Refused as refused:
        response = await _desk(meeting, person, wanted, refusal(refused), kept)
        response.status_code = http_status(refused.refusal)
        return response
    return go(f"/m/{slug}/desk?{_next(act, fields)}")


async def _judged_by_others(meeting: Meeting, person: people.Person) -> str:
    """The name whose own screenings others judge; '' where that rule is off."""
    sign_in = person.sign_in
    if sign_in is None or await appeal.moderators(parts().store, meeting) < 2:
        return ""
    return pseudonym(sign_in.role, sign_in.label)


def _offered(chosen: Question | None, me: str) -> list[str]:
    mine = chosen is not None and chosen.by == me
    return [a for a in desk_forms.offered(chosen) if not (mine and a in ("overturn", "uphold"))]


def _next(act: str, fields: dict[str, str]) -> str:
    """Which queue comes next; a head stays open while its group is worked on."""
    at = desk_lists.where()
    if act in STAYS and fields.get("open", "").isdigit():
        at["n"] = fields["open"][:8]
    return urlencode(at)


@pages.get("/m/<slug>/desk/log")
async def desk_log_page(slug: str) -> Response:
    """Every act by anyone, newest first."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_LOG)
    filter_ = desk_log_rows.chosen()
    found = await desk_log_rows.page(meeting, position_of("before"), filter_, LOG_PAGE)
    more: dict[str, Any] = {"by": filter_.by, "reason": filter_.reason, "n": filter_.n or ""}
    return await html(
        "desk_log.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        acts=found.rows,
        before=found.before,
        actors=await _actors(meeting, filter_.by),
        reasons=_codes(meeting, filter_.reason),
        **{f"filter_{name}": value for name, value in more.items()},
    )


def _codes(meeting: Meeting, chosen: str) -> list[str]:
    """The reasons to screen out and to skip, and whichever the address names: it may be on no list now."""
    known = [*(reason.code for reason in meeting.reasons), *SKIP_REASONS]
    return known if not chosen or chosen in known else [*known, chosen]


async def _actors(meeting: Meeting, chosen: str) -> list[str]:
    """Who may have acted: each label that was given, each rule, and whoever the address names."""
    given = (await staff.read(parts().store, meeting)).appointments
    labels = dict.fromkeys(pseudonym(one.role, one.label) for one in given if one.label)
    known = [*labels, *map(name, Rule)]
    return known if not chosen or chosen in known else [*known, chosen]
