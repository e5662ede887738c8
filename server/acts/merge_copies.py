"""Merge a whole campaign at once: one act for the moderator, one decision in the log for each copy."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from server.acts import decide, merge
from server.acts.admission import SignIn
from server.acts.decision import read, staff
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.store import question_rows
from server.store.question_rows import Question

COPIES_MAX = 200  # at once: each is a call of its own, and the sender waits for all


async def merge_copies(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    revision: int,
    copies: Sequence[tuple[str, int]],
    now: int,
) -> Question:
    """Merge these, each on the revision that its reader saw, into `q`, which is listed first where it
    waits; returns the head. `merge.split_all` undoes it.

    The first that is refused stops the rest, and the refusal says how many were merged: those stand, as
    they do after a crash. What somebody else decided meanwhile is never overwritten.
    """
    staff(sign_in, RoleAct.MERGE)
    head = await read(store, meeting, q, revision)
    if head.state is State.RECEIVED:
        head = await decide.list_question(store, meeting, sign_in, q, revision, now)
    if head.number is None:
        raise AssertionError("a question that was read has a number")
    for done, (copy, seen) in enumerate(copies):
        try:
            await merge.merge(store, meeting, sign_in, copy, seen, head.number, now)
        except Refused as refused:
            raise Refused(
                Refusal.CONTENDED,
                "{done} of {count} copies were merged, then one was not: {why}",
                done=done,
                count=len(copies),
                why=refused.sentence,
            ) from refused
    after = await question_rows.read_one(store, meeting.id, q)
    if after is None:
        raise AssertionError("a head that was read exists")
    return after
