"""The API of the stage: the line, on air, answered, skipped, returned."""

from __future__ import annotations

from typing import Any

from quart import Response, jsonify

from server.acts import stage
from server.domain import stream
from server.domain.refusals import Refusal
from server.domain.roles import Act
from server.store.question_rows import Question
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import ArrangedAnswer, DecisionAnswer, LineAnswer
from server.web.api_bodies import Answering, Arranging, Listing, Nothing, Skipping
from server.web.api_deciding import DECIDED, QUESTION
from server.web.api_screening import decided, invited
from server.web.parts import parts


def _row(question: Question) -> dict[str, Any]:
    return {
        "q": question.q,
        "number": question.number,
        "text": question.text,
        "gone": question.gone,
        "wording": question.wording or None,
        "lang": question.lang,
        "dir": question.dir,
        "votes": question.votes,
        "askers": question.askers,
        "revision": question.revision,
    }


@endpoint("GET", "/meetings/<slug>/line", LineAnswer)
async def read_line(slug: str) -> Response:
    """What is on air and what comes next."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_LINE)
    standing = await stage.line(parts().store, meeting.id)
    aired = await stage.on_air(parts().store, meeting.id)
    told = {
        "revision": standing.revision,
        "on_air": _row(aired) if aired else None,
        "since": stream.since_live(aired.decided_at, meeting.live_at)
        if aired and aired.decided_at
        else None,
        "next": [_row(question) for question in standing.questions],
    }
    return jsonify(told)


@endpoint(
    "POST",
    "/meetings/<slug>/line",
    ArrangedAnswer,
    Refusal.CONTENDED,
    Refusal.NOT_LISTED,
    body=Arranging,
)
async def arrange_line(slug: str, given: Arranging) -> Response:
    """Replace the line."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.LINE_UP)
    now = parts().clock()
    revision = await stage.arrange(parts().store, meeting, by, given.numbers, given.revision, now)
    return jsonify({"revision": revision})


@endpoint("POST", "/meetings/<slug>/line/next", DecisionAnswer, *DECIDED, body=Nothing)
async def air_next(slug: str, given: Nothing) -> Response:
    """Put the first of the line on air."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.PICK)
    return decided(await stage.next_on_air(parts().store, meeting, by, parts().clock()))


@endpoint("POST", f"{QUESTION}/pick", DecisionAnswer, *DECIDED, body=Listing)
async def pick_question(slug: str, q: str, given: Listing) -> Response:
    """Put a listed question on air."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.PICK)
    return decided(await stage.pick(parts().store, meeting, by, q, given.revision, parts().clock()))


@endpoint("POST", f"{QUESTION}/return", DecisionAnswer, *DECIDED, body=Listing)
async def return_question(slug: str, q: str, given: Listing) -> Response:
    """Return the question on air to the list."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.RETURN)
    return decided(
        await stage.put_back(parts().store, meeting, by, q, given.revision, parts().clock())
    )


@endpoint(
    "POST",
    f"{QUESTION}/answer",
    DecisionAnswer,
    *DECIDED,
    Refusal.EMPTY,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    body=Answering,
)
async def answer_question(slug: str, q: str, given: Answering) -> Response:
    """Mark a question answered, on air or in writing; a repeat corrects it."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.ANSWER)
    return decided(
        await stage.answer(
            parts().store,
            meeting,
            by,
            q,
            given.revision,
            given.stream_s,
            given.text,
            parts().clock(),
        )
    )


@endpoint(
    "POST", f"{QUESTION}/skip", DecisionAnswer, *DECIDED, Refusal.REASON_UNKNOWN, body=Skipping
)
async def skip_question(slug: str, q: str, given: Skipping) -> Response:
    """Pass a question over on stage, with a public reason."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.SKIP)
    return decided(
        await stage.skip(
            parts().store, meeting, by, q, given.revision, given.reason, parts().clock()
        )
    )
