"""The answers with their moments, and the vendored player."""

from __future__ import annotations

from quart import Response, send_from_directory

from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import question_rows
from server.web import people
from server.web.api import meeting_at
from server.web.pages import html, pages
from server.web.parts import parts
from server.web.player import PLAYER
from server.web.rendering import FRONTEND, meeting_value, page

FOR_EVER = "public, max-age=31536000, immutable"


@pages.get("/vendor/<name>")
async def vendor(name: str) -> Response:
    """The one vendored player, at an address that names its version."""
    if name != PLAYER:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    response = await send_from_directory(FRONTEND / "vendor", name, mimetype="text/javascript")
    response.headers["Cache-Control"] = FOR_EVER
    return response


@pages.get("/m/<slug>/answers")
async def answers(slug: str) -> Response:
    """What was answered, newest first: where to watch it, and what was written."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    board = await parts().boards.follow(meeting.id)
    rows = [row for row in board.rows.values() if row.state is State.ANSWERED]
    found = await question_rows.read(parts().store, meeting.id, [row.q for row in rows])
    found.sort(key=lambda question: (question.decided_at or 0, question.number or 0), reverse=True)
    told = [
        {
            "n": question.number,
            "text": question.text,
            "wording": question.wording,
            "gone": question.gone,
            "lang": question.lang,
            "dir": question.dir,
            "votes": question.votes,
            "stream_s": question.stream_s,
            "answer": question.answer,
        }
        for question in found
        if question.state is State.ANSWERED
    ]
    return await html(
        "answers.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        answers=told,
    )
