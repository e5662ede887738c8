"""One question by its number, in every state: its whole public history, and its text where it is public."""

from __future__ import annotations

from typing import Any

from quart import Response
from redis.exceptions import ConnectionError as RedisConnectionError

from server.acts import merge
from server.acts.record_lines import entry_value
from server.domain.meeting import Meeting
from server.domain.public_time import public_at
from server.domain.question import ON_BOARD, text_is_public
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, may
from server.store.question_rows import Question, by_number
from server.web import away, people, told_record
from server.web.api import meeting_at
from server.web.log_keys import log_value
from server.web.pages import html, own_numbers, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page


@pages.get("/m/<slug>/q/<int:n>")
async def question(slug: str, n: int) -> Response:
    """One question and all that happened to it."""
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    store = parts().store
    found = await away.or_last(lambda: _found(meeting, n), None)
    if found is None and away.noticed():
        return await _from_the_board(meeting, person, n)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number.")
    votes, own = await own_numbers(meeting, person)
    entries = await told_record.history(meeting, found)
    return await html(
        "question.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        row={**_row(meeting, found), "mine": n in votes, "own": n in own},
        log=await log_value(meeting),
        entries=[entry_value(entry) for entry in entries],
        members=[_row(meeting, member) for member in await merge.members(store, found)],
        can_vote=may(person.role, Act.VOTE) and meeting.votes_open() and found.state in ON_BOARD,
    )


async def _found(meeting: Meeting, n: int) -> Question | None:
    return await by_number(parts().store, meeting.id, n) if n < 2**31 else None


async def _from_the_board(meeting: Meeting, person: people.Person, n: int) -> Response:
    """What this process remembers of a question while the store is away; no history."""
    board = parts().boards.last(meeting.id)
    row = board.rows.get(n) if board else None
    if row is None:
        raise RedisConnectionError("the store is away and the board does not show this question")
    return await html(
        "question.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        row={**row.wire(), "length": 0, "head": None, "mine": False, "own": False},
        log=None,
        entries=[],
        members=[],
        can_vote=False,
    )


def _row(meeting: Meeting, question: Question) -> dict[str, Any]:
    public = text_is_public(question.state, question.withheld)
    return {
        "n": question.number,
        "text": question.text if public else None,
        "gone": question.gone,
        "wording": question.wording if public else "",
        "length": len(question.text) if question.withheld else 0,
        "lang": question.lang,
        "dir": question.dir,
        "by": question.name if public else None,
        "state": question.state.value,
        "votes": question.votes,
        "askers": question.askers,
        "head": question.head_number,
        "locked": bool(question.lock_w),
        "at": public_at(question.received_at, meeting.live_at),
    }
