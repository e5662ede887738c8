"""The public record: what was screened out and why, as a page, as JSON and as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlencode

from quart import Response, request, stream_with_context

from server.acts import meetings, public_record
from server.acts.public_record import Case, Mark
from server.acts.reason_lists import reason_lists
from server.acts.record_lines import (
    BOM,
    CSV_COLUMNS,
    JsonList,
    case_rows,
    case_value,
    csv_lines,
    machine_time,
    record_head,
)
from server.domain.meeting import Meeting
from server.store import desk_log
from server.translog.checkpoint import LOG_ID, Checkpoint, log_id, meeting_of
from server.web import people, told_record
from server.web.api import meeting_at
from server.web.log_keys import log_value
from server.web.pages import html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page
from server.web.told_record import Overview
from server.web.witnesses_of import witnesses_of

PAGE = 50
SEARCH_MAX_CHARS = 100
READERS_CACHE_S = 10


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def _window(found: Sequence[Mark]) -> tuple[Sequence[Mark], int | None, int | None]:
    """One page of marks, and the numbers that the earlier and the later page are asked by.

    A page begins after a number, not after a count: what is screened out meanwhile moves nothing.
    """
    before, after = _number("before"), _number("after")
    if before:
        shown = [mark for mark in found if mark.number < before][-PAGE:]
    else:
        shown = [mark for mark in found if mark.number > after][:PAGE]
    if not shown:
        return shown, None, None
    first, last = shown[0].number, shown[-1].number
    earlier = first if found[0].number < first else None
    later = last if found[-1].number > last else None
    return shown, earlier, later


@pages.get("/m/<slug>/screened-out")
async def screened_out(slug: str) -> Response:
    """What was screened out, and why."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    told = await told_record.overview(meeting)
    reason = request.args.get("reason", "")[:40]
    search = request.args.get("search", "")[:SEARCH_MAX_CHARS]
    found = public_record.matching(told.marks, reason, search)
    shown, earlier, later = _window(found)
    kept = {"reason": reason, "search": search}
    query = urlencode({name: value for name, value in kept.items() if value})
    return await html(
        "screened_out.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        witnesses=await witnesses_of(meeting),
        out=told.out,
        asked=told.asked,
        clocks=told.clocks,
        size=told.size,
        continues=await _continues(told.prev),
        behind=told.behind,
        log=log_id(meeting.id),
        watched=await log_value(meeting),
        reasons=await _reasons(meeting, told.marks),
        reason=reason,
        search=search,
        query=query,
        found=len(found),
        earlier=earlier,
        later=later,
        entries=[
            case_value(case)
            for case in await told_record.cases(meeting, [mark.q for mark in shown])
        ],
    )


async def _continues(prev: Checkpoint | None) -> dict[str, object] | None:
    """The record that this one continues: by its page where who reads this one may read that, else by its
    log's name alone."""
    if prev is None:
        return None
    log = prev.origin.rpartition("/")[2]
    found = await meetings.by_id(parts().store, meeting_of(log)) if LOG_ID.fullmatch(log) else None
    shown = found is not None and found.readers != "attendees"
    return {
        "origin": prev.origin,
        "size": prev.size,
        "slug": found.slug if found and shown else None,
        "title": found.title if found and shown else None,
    }


async def _reasons(meeting: Meeting, marks: Sequence[Mark]) -> list[dict[str, object]]:
    counts, store = public_record.per_reason(marks), parts().store
    sentences = (
        await reason_lists(store, meeting, await desk_log.rule_changes(store, meeting.id))
    ).last()
    return [
        {"code": code, "sentence": sentences.get(code, ""), "count": count}
        for code, count in sorted(
            counts.items(), key=lambda item: (item[0] == public_record.REVERSED, -item[1], item[0])
        )
    ]


async def _all(meeting: Meeting, found: Sequence[Mark]) -> AsyncIterator[Case]:
    for at in range(0, len(found), public_record.SLICE):
        ids = [mark.q for mark in found[at : at + public_record.SLICE]]
        for case in await told_record.cases(meeting, ids):
            yield case


async def _asked(slug: str) -> tuple[Meeting, people.Person, list[Mark], Overview]:
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    told = await told_record.overview(meeting)
    found = public_record.matching(
        told.marks, request.args.get("reason", "")[:40], request.args.get("search", "")[:100]
    )
    return meeting, person, [mark for mark in found if mark.number > _number("after")], told


def _kept(response: Response, meeting: Meeting, person: people.Person) -> Response:
    """Let caches hold what any reader gets, shortly; nothing of attendees' meetings or sign-ins."""
    if person.sign_in is None and meeting.readers != "attendees":
        response.headers["Cache-Control"] = f"public, max-age={READERS_CACHE_S}"
        response.headers["Vary"] = "Cookie, Authorization"
    return response


@pages.get("/m/<slug>/screened-out.json")
async def screened_out_json(slug: str) -> Response:
    """The same as JSON, complete, written as it is read."""
    meeting, person, found, overview = await _asked(slug)
    head = {
        **record_head(meeting, found, overview.clocks),
        "log_size": overview.size,
        "continues": overview.prev and {"origin": overview.prev.origin, "size": overview.prev.size},
        "behind_since": overview.behind and machine_time(overview.behind),
    }

    @stream_with_context
    async def body() -> AsyncIterator[bytes]:
        out = JsonList()
        yield out.begin(head, "screened_out")
        async for case in _all(meeting, found):
            yield out.add(case_value(case, spoken=True))
        yield out.end()

    return _kept(Response(body(), mimetype="application/json"), meeting, person)


@pages.get("/m/<slug>/screened-out.csv")
async def screened_out_csv(slug: str) -> Response:
    """The same as CSV, a line for each act; no cell is one that a spreadsheet would run as a formula."""
    meeting, person, found, _ = await _asked(slug)

    @stream_with_context
    async def body() -> AsyncIterator[bytes]:
        yield BOM + csv_lines([CSV_COLUMNS])
        async for case in _all(meeting, found):
            yield csv_lines(case_rows(case_value(case, spoken=True)))

    return _kept(Response(body(), mimetype="text/csv"), meeting, person)
