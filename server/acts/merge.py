"""Merge and split. The head may change while we decide: read, decide, commit, at most three tries."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.decision import Decider, by_rule, drafted, read, settled, staff
from server.domain.differing import Difference, difference
from server.domain.meeting import Meeting
from server.domain.merging import Place, admit
from server.domain.question import Act, State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.rules import Rule
from server.domain.wording import same_words
from server.store import decisions, question_rows
from server.store.decisions import Group
from server.store.question_rows import Question

TRIES = 3


def _place(question: Question) -> Place:
    if question.number is None:
        raise AssertionError("only numbered questions are merged")
    return Place(question.number, question.state, question.members, question.head_number)


async def _group(store: Redis, head: Question) -> Group:
    members = await decisions.members(store, head.meeting, head.q)
    return Group(head.q, head.revision, members)


def _contended() -> Refused:
    return Refused(Refusal.CONTENDED, "The other question keeps changing. Look again in a moment.")


async def compare(
    store: Redis, meeting: Meeting, q: str, revision: int, into: int
) -> Difference | None:
    """How a question differs from number `into`, to be read before `merge`, and refused as that would
    be; None where both have the same words, or the words of one are gone."""
    found, head = await _admitted(store, meeting, q, revision, into)
    if found.gone or head.gone or same_words(found.text) == same_words(head.text):
        return None
    tongues = {one.lang.partition("-")[0].lower() for one in (found, head)}
    # Long texts take a tenth of a second: nobody's vote shall wait for it.
    return await asyncio.to_thread(difference, head.text, found.text, len(tongues) == 1)


async def _admitted(
    store: Redis, meeting: Meeting, q: str, revision: int, into: int
) -> tuple[Question, Question]:
    """The question and its head to be, as they may be united."""
    found = await read(store, meeting, q, revision)
    head = await question_rows.by_number(store, meeting.id, into)
    if head is None:
        raise Refused(Refusal.TARGET_NEEDED, "There is no question no. {n} to merge into.", n=into)
    admit(_place(found), _place(head))
    return found, head


async def merge(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, into: int, now: int
) -> Question:
    """Unite a question with number `into`: one row, the union of voters, each person once.

    Returns the merged question. Refused when either changed since, or the two cannot be united.
    """
    decider = staff(sign_in, RoleAct.MERGE)
    for _ in range(TRIES):
        found, head = await _admitted(store, meeting, q, revision, into)
        decision = drafted(
            found,
            Act.MERGE,
            decider,
            "q.merge",
            now,
            intent={"into": head.q, "second": None},
            fields={"head": head.q, "head_number": str(into), "was": found.state.value},
        )
        answer = await decisions.merge(store, decision, await _group(store, head))
        if answer != "head_contended":
            return await settled(store, found, answer)
    raise _contended()


async def split(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Take a merged question out of its group again, as it was before: listed, or waiting."""
    decider = staff(sign_in, RoleAct.SPLIT)
    found = await read(store, meeting, q, revision)
    return await _split(store, found, decider, now)


async def _split(store: Redis, found: Question, decider: Decider, now: int) -> Question:
    act = Act.SPLIT_UNREAD if found.was is State.RECEIVED else Act.SPLIT
    decision = drafted(
        found,
        act,
        decider,
        "q.split",
        now,
        fields={"head": "", "head_number": "", "was": ""},
    )
    for _ in range(TRIES):
        head = await question_rows.read_one(store, found.meeting, found.head or "")
        if head is None:
            raise AssertionError("a merged question has a head")
        answer = await decisions.split(store, decision, await _group(store, head))
        if answer != "head_contended":
            return await settled(store, found, answer)
    raise _contended()


async def split_all(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Take every member out of a head's group, each by a decision of its own; returns the head.

    A crash between two leaves a smaller group. Refused ILLEGAL where nothing is merged into it.
    """
    decider = staff(sign_in, RoleAct.SPLIT)
    head = await read(store, meeting, q, revision)
    if not head.members:
        raise Refused(Refusal.ILLEGAL, "Nothing is merged into this question.")
    for member in await members(store, head):
        if member.state is State.MERGED:
            await _split(store, member, decider, now)
    after = await question_rows.read_one(store, meeting.id, q)
    if after is None:
        raise AssertionError("a head that was read exists")
    return after


async def release(store: Redis, meeting: Meeting, head: Question, now: int) -> None:
    """Split all members off a head that leaves. A crash between two leaves a smaller group."""
    for q in await decisions.members(store, meeting.id, head.q):
        member = await question_rows.read_one(store, meeting.id, q)
        if member is not None and member.state is State.MERGED:
            await _split(store, member, by_rule(Rule.HEAD_WITHDRAWN), now)


async def members(store: Redis, head: Question) -> list[Question]:
    """The questions merged into `head`, by public number."""
    ids = await decisions.members(store, head.meeting, head.q) if head.members else []
    found = await question_rows.read(store, head.meeting, ids)
    return sorted(found, key=lambda question: question.number or 0)
