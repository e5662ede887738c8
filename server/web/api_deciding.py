"""The API of decisions beyond listing: merge, split, word, send back, judge; and suggestions."""

from __future__ import annotations

from quart import Response, jsonify

from server.acts import appeal, decide, merge, suggestions
from server.acts.merge_copies import merge_copies
from server.domain.refusals import Refusal
from server.domain.roles import Act
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import DecisionAnswer, DoneAnswer, SimilarAnswer
from server.web.api_bodies import (
    Appealing,
    Hinting,
    Judging,
    Listing,
    Merging,
    MergingCopies,
    Pair,
    Wording,
)
from server.web.api_screening import decided, invited
from server.web.parts import parts

QUESTION = "/meetings/<slug>/questions/<q>"
DECIDED = (Refusal.CONTENDED, Refusal.ILLEGAL, Refusal.CLOSED)


@endpoint(
    "POST",
    f"{QUESTION}/merge",
    DecisionAnswer,
    *DECIDED,
    Refusal.TARGET_NEEDED,
    body=Merging,
)
async def merge_question(slug: str, q: str, given: Merging) -> Response:
    """Unite a question with another one: one row, the union of their voters."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.MERGE)
    return decided(
        await merge.merge(
            parts().store, meeting, by, q, given.revision, given.into, parts().clock()
        )
    )


@endpoint(
    "POST",
    f"{QUESTION}/merge-copies",
    DecisionAnswer,
    *DECIDED,
    Refusal.TARGET_NEEDED,
    body=MergingCopies,
)
async def merge_copies_into(slug: str, q: str, given: MergingCopies) -> Response:
    """Merge waiting copies into a question, which is listed first where it waits."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.MERGE)
    copies, now = [(seen.q, seen.revision) for seen in given.copies], parts().clock()
    return decided(await merge_copies(parts().store, meeting, by, q, given.revision, copies, now))


@endpoint("POST", f"{QUESTION}/split", DecisionAnswer, *DECIDED, body=Listing)
async def split_question(slug: str, q: str, given: Listing) -> Response:
    """Take a merged question out of its group again."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.SPLIT)
    return decided(
        await merge.split(parts().store, meeting, by, q, given.revision, parts().clock())
    )


@endpoint("POST", f"{QUESTION}/split-all", DecisionAnswer, *DECIDED, body=Listing)
async def split_all_questions(slug: str, q: str, given: Listing) -> Response:
    """Take every question that is merged into this one out of its group again."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.SPLIT)
    return decided(
        await merge.split_all(parts().store, meeting, by, q, given.revision, parts().clock())
    )


@endpoint(
    "POST",
    f"{QUESTION}/word",
    DecisionAnswer,
    *DECIDED,
    Refusal.EMPTY,
    Refusal.TOO_SHORT,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    body=Wording,
)
async def word_question(slug: str, q: str, given: Wording) -> Response:
    """Show other words beside the asker's own."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.WORD)
    now = parts().clock()
    return decided(
        await decide.word(parts().store, meeting, by, q, given.revision, given.wording, now)
    )


@endpoint(
    "POST",
    f"{QUESTION}/send-back",
    DecisionAnswer,
    *DECIDED,
    Refusal.EMPTY,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    body=Hinting,
)
async def send_back_question(slug: str, q: str, given: Hinting) -> Response:
    """Send a waiting question back to its asker with a hint."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.SEND_BACK)
    now = parts().clock()
    return decided(
        await decide.send_back(parts().store, meeting, by, q, given.revision, given.hint, now)
    )


@endpoint(
    "POST",
    f"{QUESTION}/appeal",
    DecisionAnswer,
    *DECIDED,
    Refusal.USED,
    Refusal.TOO_FAST,
    Refusal.TOO_LONG,
    Refusal.BAD_TEXT,
    body=Appealing,
)
async def appeal_question(slug: str, q: str, given: Appealing) -> Response:
    """Ask once for another moderator's look at one's own question that was screened out."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.APPEAL)
    now, secret = parts().clock(), given.pre or ""
    found = await appeal.appeal(parts().store, meeting, person.voter(), q, given.why, now, secret)
    return decided(found)


@endpoint("POST", f"{QUESTION}/judge", DecisionAnswer, *DECIDED, body=Judging)
async def judge_question(slug: str, q: str, given: Judging) -> Response:
    """Judge an appeal: overturned or upheld."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.JUDGE)
    now = parts().clock()
    return decided(
        await appeal.judge(parts().store, meeting, by, q, given.revision, given.overturn, now)
    )


@endpoint("GET", f"{QUESTION}/similar", SimilarAnswer)
async def similar_questions(slug: str, q: str) -> Response:
    """Questions that look like this one, as the analysis found them; evidence, no verdict."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    rows = [
        {
            "q": question.q,
            "number": question.number,
            "text": question.text,
            "gone": question.gone,
            "lang": question.lang,
            "dir": question.dir,
            "state": question.state,
            "likeness": likeness,
        }
        for question, likeness in await suggestions.similar(parts().store, meeting.id, q)
    ]
    return jsonify({"questions": rows})


@endpoint("POST", f"{QUESTION}/dismiss", DoneAnswer, Refusal.CONTENDED, Refusal.CLOSED, body=Pair)
async def dismiss_suggestion(slug: str, q: str, given: Pair) -> Response:
    """Never suggest this pair again."""
    meeting = await meeting_at(slug)
    by = await invited(meeting, Act.MERGE)
    await suggestions.dismiss(parts().store, meeting, by, q, given.other, parts().clock())
    return jsonify({"done": True})
