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
from server.domain.wording import same_words
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
    waits; returns the head. `merge.split_all` parts them again; the head stays listed.

    A merged text is public at once, so each must have the head's own words (domain/wording.py): what was
    read in one was read in all. One in other words, or changed since, is refused before anything is done.
    Afterwards the first that is refused stops the rest; the refusal has that one's code and says how many
    were merged, and whether the head was listed: those stand, as they do after a crash. What somebody
    else decided meanwhile is never overwritten.
    """
    staff(sign_in, RoleAct.MERGE)
    head = await read(store, meeting, q, revision)
    for copy, seen in copies:
        _admit(head, await _copy(store, meeting, copy, seen))
    waited = head.state is State.RECEIVED
    if waited:
        head = await decide.list_question(store, meeting, sign_in, q, revision, now)
    if head.number is None:
        raise AssertionError("a question that was read has a number")
    for done, (copy, seen) in enumerate(copies):
        try:
            await merge.merge(store, meeting, sign_in, copy, seen, head.number, now)
        except Refused as refused:
            raise _stopped(refused, head, waited, done, len(copies)) from refused
    after = await question_rows.read_one(store, meeting.id, q)
    if after is None:
        raise AssertionError("a head that was read exists")
    return after


async def _copy(store: Redis, meeting: Meeting, q: str, seen: int) -> Question:
    try:
        return await read(store, meeting, q, seen)
    except Refused as refused:
        raise Refused(
            refused.refusal,
            "Nothing was merged or listed, because of one copy: {why}",
            why=refused.sentence,
        ) from refused


def in_words_of(head: Question, copy: Question) -> bool:
    """Whether a copy has the head's own words, so that what was read in one was read in both."""
    return not (head.gone or copy.gone) and same_words(copy.text) == same_words(head.text)


def _admit(head: Question, copy: Question) -> None:
    if not in_words_of(head, copy):
        raise Refused(
            Refusal.ILLEGAL,
            "Nothing was merged or listed: no. {n} differs in wording. Read it, and merge it by itself.",
            n=copy.number,
        )


def _stopped(refused: Refused, head: Question, waited: bool, done: int, count: int) -> Refused:
    why = refused.sentence
    if waited:
        return Refused(
            refused.refusal,
            "No. {n} is listed now, and {done} of {count} copies were merged; then one was not: {why}",
            n=head.number,
            done=done,
            count=count,
            why=why,
        )
    return Refused(
        refused.refusal,
        "{done} of {count} copies were merged, then one was not: {why}",
        done=done,
        count=count,
        why=why,
    )
