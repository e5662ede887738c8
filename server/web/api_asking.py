"""The API of an attendee: ask, follow, withdraw, vote."""

from __future__ import annotations

from typing import Any, cast

from quart import Response, jsonify

from server.acts import submit, vote
from server.domain.refusals import Refusal
from server.domain.roles import Act
from server.domain.seal import sealed
from server.live import measures
from server.store.question_rows import Question
from server.translog.checkpoint import log_id
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import (
    MineAnswer,
    OwnAnswer,
    OwnVotesAnswer,
    ReceiptAnswer,
    VoteAnswer,
)
from server.web.api_bodies import Asking, Voting, Withdrawing
from server.web.parts import parts


def own_json(question: Question, fate: str | None = None) -> dict[str, Any]:
    """A question for its asker."""
    return {
        "q": question.q,
        "number": question.number,
        "text": question.text,
        "gone": question.gone,
        "lang": question.lang,
        "state": question.state.value,
        "votes": question.votes,
        "reason": question.reason,
        "note": question.note,
        "fate": fate,
    }


@endpoint(
    "POST",
    "/meetings/<slug>/questions",
    ReceiptAnswer,
    Refusal.CLOSED,
    Refusal.CONFLICT,
    Refusal.EMPTY,
    Refusal.TOO_SHORT,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    Refusal.TOO_FAST,
    body=Asking,
    statuses=(201, 202),
    per_network=True,
)
async def ask(slug: str, given: Asking) -> tuple[Response, int]:
    """Submit a question; 202 when its number is still to come."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.ASK)
    receipt = await submit.submit(
        parts().store,
        meeting,
        person.voter(),
        q=given.q,
        text=given.text,
        lang=given.lang,
        name=given.name,
        via="api",
        secret=parts().secret,
        now=parts().clock(),
        after=given.after,
        seal=sealed(given.salt, *((given.hl.w, given.hl.a) if given.hl else (None, None))),
    )
    number = receipt.number or await parts().boards.numbered(meeting.id, receipt.q)
    measures.HTTP.questions.inc()
    told = {
        "q": receipt.q,
        "number": number,
        "state": receipt.state.value,
        "fate": f"/m/{slug}/fate/{receipt.fate}",
        "receipt": f"/log/{log_id(meeting.id)}/receipt/{receipt.q}.tlog-proof",
    }
    return jsonify(told), 202 if number is None else 201


@endpoint("GET", "/meetings/<slug>/mine", MineAnswer, Refusal.CLOSED)
async def mine(slug: str) -> Response:
    """The caller's own questions in every state."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    found = await submit.mine(parts().store, meeting, cast(int, person.voter().voter))
    return jsonify({"questions": [own_json(question) for question in found]})


@endpoint(
    "POST",
    "/meetings/<slug>/questions/<q>/withdraw",
    OwnAnswer,
    Refusal.CLOSED,
    Refusal.CONTENDED,
    Refusal.ILLEGAL,
    body=Withdrawing,
)
async def withdraw(slug: str, q: str, given: Withdrawing) -> Response:
    """Withdraw one's own question, with the secret behind its lock where it has one."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.WITHDRAW)
    now, secret = parts().clock(), given.pre or ""
    found = await submit.withdraw(parts().store, meeting, person.voter(), q, now, secret)
    return jsonify(own_json(found))


@endpoint(
    "POST",
    "/meetings/<slug>/votes",
    VoteAnswer,
    Refusal.STALE,
    Refusal.CLOSED,
    Refusal.OWN_QUESTION,
    Refusal.NOT_LISTED,
    body=Voting,
    per_network=True,
)
async def cast_vote(slug: str, given: Voting) -> Response:
    """Vote, or take a vote back, where sockets are blocked."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.VOTE)
    store, pace, device = parts().store, parts().vote_pace, given.d or "api"
    result = await vote.cast_now(
        store, meeting, person.voter(), given.n, given.on, given.c, device, pace
    )
    measures.HTTP.votes.inc()
    return jsonify({"n": result.n, "on": result.on, "votes": result.votes})


@endpoint("GET", "/meetings/<slug>/votes", OwnVotesAnswer, Refusal.CLOSED)
async def read_votes(slug: str) -> Response:
    """The caller's own votes by public number."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.READ_OWN)
    found = await vote.own_votes(parts().store, meeting.id, cast(int, person.voter().voter))
    return jsonify({"votes": found.votes, "own": found.own, "at": found.at})
