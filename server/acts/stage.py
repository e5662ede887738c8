"""The stage: the line of those that go on air next, on air, answered, skipped, returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.decision import commit, drafted, layer, read, settled, staff
from server.acts.tallies import TICK
from server.domain.meeting import Meeting
from server.domain.question import Act
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.screening import ANSWER_MAX_CHARS, skip_reason
from server.domain.stream import STREAM_MAX_S
from server.store import decisions, keys, question_rows, typed
from server.store.question_rows import Question
from server.translog import leaf
from server.translog.layers import Layer

LINE_MAX = 100


@dataclass(frozen=True, slots=True)
class Line:
    """Who goes on air next, first one first, and the revision to arrange it on."""

    revision: int
    questions: list[Question]


async def line(store: Redis, meeting: str) -> Line:
    """The line as it stands."""
    revision = int(await typed.get(store, keys.line_revision(meeting)) or 0)
    ids = await typed.zrange(store, keys.line(meeting), 0, -1)
    return Line(revision, await question_rows.read(store, meeting, ids))


async def on_air(store: Redis, meeting: str) -> Question | None:
    """The question on air, or None."""
    ids = await typed.zrange(store, keys.on_air(meeting), 0, 0)
    return await question_rows.read_one(store, meeting, ids[0]) if ids else None


async def arrange(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    numbers: Sequence[int],
    revision: int,
    now: int,
) -> int:
    """Replace the line by these listed questions in this order; returns its new revision.

    Refused CONTENDED when somebody else arranged it since, NOT_LISTED when one is not listed.
    """
    decider = staff(sign_in, RoleAct.LINE_UP)
    if len(numbers) > LINE_MAX or len(set(numbers)) != len(numbers):
        raise Refused(
            Refusal.BAD_INPUT, "The line takes at most {high} questions, each once.", high=LINE_MAX
        )
    names = [str(n) for n in numbers]
    ids = await typed.hmget(store, keys.numbers(meeting.id), names) if names else []
    order = [q for q in ids if q is not None]
    if len(order) != len(ids):
        raise Refused(Refusal.UNKNOWN, "There is no question with one of these numbers.")
    entry = leaf.intent("desk.line", by=decider.by, order=list(order), revision=revision)
    answer, found = await decisions.arrange_line(
        store, meeting.id, order, revision, decider.sign_in, entry, now
    )
    if answer == "signed_out":
        raise Refused(Refusal.SIGNED_OUT, "Your sign-in has ended. Nothing was decided.")
    if answer == "contended":
        raise Refused(Refusal.CONTENDED, "Somebody else arranged the line just now. Look again.")
    if answer == "not_listed":
        n = numbers[found - 1]
        raise Refused(
            Refusal.NOT_LISTED, "No. {n} is not listed, so it cannot go on air next.", n=n
        )
    return found


async def move(
    store: Redis, meeting: Meeting, sign_in: SignIn, n: int, by: int, revision: int, now: int
) -> int:
    """Move number `n` by so many places in the line, at most to an end; returns its new revision.

    Refused NOT_LISTED when it does not stand in the line, otherwise as `arrange`.
    """
    standing = await line(store, meeting.id)
    numbers = [question.number for question in standing.questions if question.number is not None]
    if n not in numbers:
        raise Refused(Refusal.NOT_LISTED, "No. {n} does not stand in the line any more.", n=n)
    place = max(0, min(len(numbers) - 1, numbers.index(n) + by))
    numbers.remove(n)
    numbers.insert(place, n)
    return await arrange(store, meeting, sign_in, numbers, revision, now)


async def pick(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Put a listed question on air. The tallies freeze as a tick in the same commit, and the pick
    cites tick and rank. Refused ILLEGAL while another question is on air."""
    decider = staff(sign_in, RoleAct.PICK)
    found = await read(store, meeting, q, revision)
    decision = drafted(
        found,
        Act.PICK,
        decider,
        "q.pick",
        now,
        intent={"tick": "@tick", "rank": "@rank"},
    )
    answer = await decisions.pick(store, decision, TICK)
    if answer == "occupied":
        raise Refused(
            Refusal.ILLEGAL, "Another question is on air. Mark it answered or return it first."
        )
    return await settled(store, found, answer)


async def next_on_air(store: Redis, meeting: Meeting, sign_in: SignIn, now: int) -> Question:
    """Put the first of the line on air; refused UNKNOWN when nobody stands in it."""
    staff(sign_in, RoleAct.PICK)
    standing = await line(store, meeting.id)
    if not standing.questions:
        raise Refused(Refusal.UNKNOWN, "The line is empty. A moderator lines questions up.")
    first = standing.questions[0]
    return await pick(store, meeting, sign_in, first.q, first.revision, now)


async def put_back(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Return the question on air to the list."""
    decider = staff(sign_in, RoleAct.RETURN)
    found = await read(store, meeting, q, revision)
    return await commit(store, found, Act.RETURN, decider, "q.return", now)


async def skip(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, reason: str, now: int
) -> Question:
    """Pass a question over with a public reason: it stays listed and leaves the line."""
    decider = staff(sign_in, RoleAct.SKIP)
    code = skip_reason(reason)
    found = await read(store, meeting, q, revision)
    return await commit(
        store,
        found,
        Act.SKIP,
        decider,
        "q.skip",
        now,
        intent={"reason": code},
        fields={"skipped": code},
    )


async def answer(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    revision: int,
    stream_s: int | None,
    text: str,
    now: int,
) -> Question:
    """Mark a question answered: on air, at `stream_s` seconds of the stream where known, or in
    writing by `text` (which may hold a link). A repeat corrects time or text."""
    decider = staff(sign_in, RoleAct.ANSWER)
    if stream_s is not None and not 0 <= stream_s <= STREAM_MAX_S:
        raise Refused(
            Refusal.BAD_INPUT, "must be a time within a day, in seconds.", field="stream_s"
        )
    found = await read(store, meeting, q, revision)
    written = layer(meeting.id, q, Layer.ANSWER, text, ANSWER_MAX_CHARS)
    on_stage = found.how == "air" or found.state.value == "on_air"
    if not on_stage and not written.text and stream_s is None:
        raise Refused(Refusal.EMPTY, "Write the answer, or say where in the stream it was given.")
    how = "air" if on_stage or stream_s is not None else "writing"
    return await commit(
        store,
        found,
        Act.ANSWER,
        decider,
        "q.answer",
        now,
        intent={"how": how, "stream_s": stream_s, "c2": written.c},
        fields={
            "how": how,
            "stream_s": "" if stream_s is None else str(stream_s),
            "answer": written.text,
        },
        openings=written.openings,
    )
