"""Suggestions to moderators: read with their evidence, dismissed for everybody, remembered."""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.decision import staff
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.store import analysis, question_rows
from server.store.question_rows import Question
from server.translog import leaf

TRIES = 3


async def similar(store: Redis, meeting: str, q: str) -> list[tuple[Question, float]]:
    """Questions that look like `q`, best first, with their likeness from 0 to 1."""
    pairs = dict(await analysis.similar(store, meeting, q))
    found = await question_rows.read(store, meeting, pairs)
    return [(question, pairs[question.q]) for question in found if not question.gone]


async def dismiss(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, other: str, now: int
) -> None:
    """Never suggest this pair again, to anybody. It changes no question; the desk's log tells of it.

    Refused UNKNOWN when one is not of this meeting, SIGNED_OUT when the sign-in has ended, CLOSED when
    the meeting has, CONTENDED while the analysis is faster at each try.
    """
    decider = staff(sign_in, Act.MERGE)
    pair = analysis.pair_name(checked(q), checked(other))
    if len(await question_rows.read(store, meeting.id, [q, other])) < 2:
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    entry = leaf.intent("desk.dismiss", by=decider.by, q=q, other=other)
    told = analysis.Dismissal(pair, decider.by, entry, now)
    answer = "moved"
    for _ in range(TRIES):
        if answer == "moved":
            answer = await analysis.dismiss(store, meeting.id, told, decider.sign_in)
    if answer == "moved":
        raise Refused(
            Refusal.CONTENDED, "The other question keeps changing. Look again in a moment."
        )
    if answer == "signed_out":
        raise Refused(Refusal.SIGNED_OUT, "Your sign-in has ended. Nothing was decided.")
    if answer == "ended":
        raise Refused(Refusal.CLOSED, "This meeting has closed. Its record is final.")
