"""The stage: what is on air for a projector and as an overlay, and the host's own page to step along.

Nothing here reads the queue: all words come from the board, which anybody may read who reads the meeting.
"""

from __future__ import annotations

from typing import Any

from quart import Response, request

from server.acts import stage as acts
from server.domain import stream
from server.domain.board import Board
from server.domain.meeting import Meeting
from server.domain.orders import Order, ordered
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, may
from server.protocol.answers import http_status
from server.store.question_rows import Question
from server.web import desk_rows, people, rendering
from server.web.api import meeting_at
from server.web.api_screening import invited
from server.web.pages import form, go, html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal
from server.web.seal_pages import published_note

WANTED_SHOWN = 5
NEXT_SHOWN = 3


def views(board: Board) -> dict[str, Any]:
    """What the stage shows of a board: on air, the next in line, the most wanted."""
    rows = board.rows
    wanted = [row for row in rows.values() if row.state is State.LISTED]
    return {
        "on_air": next((r.wire() for r in rows.values() if r.state is State.ON_AIR), None),
        "next": [rows[n].wire() for n in board.line if n in rows][:NEXT_SHOWN],
        "wanted": [row.wire() for row in ordered(wanted, Order.WANTED, 0)][:WANTED_SHOWN],
    }


@pages.get("/m/<slug>/stage")
async def stage(slug: str) -> Response:
    """The projector's view; with `?overlay=1` what is on air alone, on nothing, for streaming software."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    staff = await people.member_of_staff(meeting)
    board = await parts().boards.follow(meeting.id)
    overlay = request.args.get("overlay") == "1"
    join = f"{parts().public_url}/m/{meeting.slug}"
    return await html(
        "overlay.html" if overlay else "stage.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        **views(board),
        snapshot=board.snapshot(parts().tick_ms),
        join=join,
        join_short=join.partition("://")[2],
        show_code=meeting.admission == "code",
        qr=rendering.qr(rendering.join_address(meeting)),
        sealed=await published_note(meeting) is not None,
        steers=may(staff.role, Act.PICK) and staff.sign_in is not None,
        skips=rendering.skips(),
    )


@pages.get("/m/<slug>/host")
async def host(slug: str) -> Response:
    """The host's page: what is on air, what comes next, and the few steps along the line."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_LINE)
    return await _host(meeting, person, None)


async def _host(meeting: Meeting, person: people.Person, error: str | None) -> Response:
    aired = await acts.on_air(parts().store, meeting.id)
    line = await acts.line(parts().store, meeting.id)
    # What comes live begins with the board: one behind this page would call for a fresh one.
    await parts().boards.caught_up(meeting.id)
    board = await parts().boards.follow(meeting.id)
    began = aired.decided_at if aired else None
    return await html(
        "host.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        on_air=_row(aired) if aired else None,
        since=stream.since_live(began, meeting.live_at) if began else None,
        line=[_row(question) for question in line.questions],
        wanted=views(board)["wanted"],
        skips=rendering.skips(),
        error=error,
    )


def _row(question: Question) -> dict[str, Any]:
    return {
        **desk_rows.said(question),
        "votes": question.votes,
        "askers": question.askers,
        "revision": question.revision,
    }


async def _stepped(slug: str, act: Act, name: str) -> Response:
    fields = await form()
    meeting = await meeting_at(slug)
    by = await invited(meeting, act)
    store, now = parts().store, parts().clock()
    q, revision = fields.get("q", ""), _whole(fields, "revision") or 0
    try:
        match name:
            case "next":
                await acts.next_on_air(store, meeting, by, now)
            case "return":
                await acts.put_back(store, meeting, by, q, revision, now)
            case "skip":
                reason = fields.get("reason", "")
                await acts.skip(store, meeting, by, q, revision, reason, now)
            case _:
                text = fields.get("text", "").replace("\r\n", "\n")
                at = stream.seconds_in(fields.get("stream_s", ""), "stream_s")
                await acts.answer(store, meeting, by, q, revision, at, text, now)
    except Refused as refused:
        if refused.refusal in (Refusal.SIGNED_OUT, Refusal.FORBIDDEN):
            raise
        response = await _host(meeting, await people.member_of_staff(meeting), refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    return go(f"/m/{slug}/host")


def _whole(fields: dict[str, str], name: str) -> int | None:
    given = fields.get(name, "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field=name)
    return int(given)


@pages.post("/m/<slug>/host/next")
async def host_next(slug: str) -> Response:
    """Put the first of the line on air."""
    return await _stepped(slug, Act.PICK, "next")


@pages.post("/m/<slug>/host/return")
async def host_return(slug: str) -> Response:
    """Return the question on air to the list."""
    return await _stepped(slug, Act.RETURN, "return")


@pages.post("/m/<slug>/host/skip")
async def host_skip(slug: str) -> Response:
    """Pass the question over, with a public reason."""
    return await _stepped(slug, Act.SKIP, "skip")


@pages.post("/m/<slug>/host/answer")
async def host_answer(slug: str) -> Response:
    """Mark the question answered, with the moment of the meeting."""
    return await _stepped(slug, Act.ANSWER, "answer")
