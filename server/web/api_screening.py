"""The API of a moderator: what waits, list, screen out."""

from __future__ import annotations

from quart import Response, jsonify

from server.acts import decide
from server.acts.admission import SignIn
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal
from server.domain.roles import Act
from server.store.question_rows import Question
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import DecisionAnswer, WaitingAnswer
from server.web.api_bodies import Listing, Screening
from server.web.parts import parts


async def invited(meeting: Meeting, act: Act) -> SignIn:
    """The sign-in of an invited member of staff that may do `act`; refused in words otherwise."""
    person = await people.member_of_staff(meeting)
    person.need(act)
    if person.sign_in is None:
        raise AssertionError("only invited staff may decide")
    return person.sign_in


def decided(found: Question) -> Response:
    """The answer of every decision."""
    return jsonify({"number": found.number, "state": found.state, "revision": found.revision})


@endpoint("GET", "/meetings/<slug>/waiting", WaitingAnswer)
async def waiting(slug: str) -> Response:
    """What waits for a moderator, oldest first."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    rows = [
        {
            "q": question.q,
            "number": question.number,
            "text": question.text,
            "gone": question.gone,
            "lang": question.lang,
            "by": question.name,
            "at": question.received_at,
            "revision": question.revision,
        }
        for question in await decide.waiting(parts().store, meeting.id)
    ]
    return jsonify({"questions": rows})


@endpoint(
    "POST",
    "/meetings/<slug>/questions/<q>/list",
    DecisionAnswer,
    Refusal.CONTENDED,
    Refusal.ILLEGAL,
    body=Listing,
)
async def list_question(slug: str, q: str, given: Listing) -> Response:
    """List a waiting question."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.LIST)
    return decided(
        await decide.list_question(parts().store, meeting, by, q, given.revision, parts().clock())
    )


@endpoint(
    "POST",
    "/meetings/<slug>/questions/<q>/screen",
    DecisionAnswer,
    Refusal.CONTENDED,
    Refusal.ILLEGAL,
    Refusal.REASON_UNKNOWN,
    Refusal.TARGET_NEEDED,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    body=Screening,
)
async def screen(slug: str, q: str, given: Screening) -> Response:
    """Screen a question out with a public reason."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.SCREEN_OUT)
    act = decide.screen_alone if given.first == "split" else decide.screen_out
    return decided(
        await act(
            parts().store,
            meeting,
            by,
            q,
            given.revision,
            given.reason,
            given.note,
            given.target,
            parts().clock(),
        )
    )
