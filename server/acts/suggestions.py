"""Suggestions to moderators: read with their evidence, dismissed for everybody, remembered."""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.decision import staff
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.roles import Act
from server.store import analysis, keys, question_rows
from server.store.question_rows import Question
from server.translog import leaf


async def similar(store: Redis, meeting: str, q: str) -> list[tuple[Question, float]]:
    """Questions that look like `q`, best first, with their likeness from 0 to 1."""
    pairs = dict(await analysis.similar(store, meeting, q))
    found = await question_rows.read(store, meeting, pairs)
    return [(question, pairs[question.q]) for question in found]


async def dismiss(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, other: str, now: int
) -> None:
    """Never suggest this pair again, to anybody. It changes no question; the desk's log tells of it."""
    decider = staff(sign_in, Act.MERGE)
    pair = analysis.pair_name(checked(q), checked(other))
    entry = leaf.intent("desk.dismiss", by=decider.by, q=q, other=other)
    pipe = store.pipeline(transaction=True)
    pipe.hset(keys.dismissed(meeting.id), pair, decider.by)
    pipe.xadd(keys.desk_log(meeting.id), {"intent": entry, "at": now})
    pipe.xadd(keys.events(meeting.id), {"t": "analysis", "run": q})
    await pipe.execute()
