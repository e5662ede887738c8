"""The end of a meeting: every open question gets an explicit one. Redone by the clock until none is left.

The change of phase comes first and is the fence: from that commit on the store counts no vote and
takes no question, so none that was acknowledged is missing from the final tallies.
"""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts.decision import by_rule, commit
from server.domain.appeal import Appeal
from server.domain.meeting import Meeting
from server.domain.question import Act, State
from server.domain.refusals import Refused
from server.domain.rules import Rule
from server.store import keys, question_rows, typed
from server.store.question_rows import Question

SLICE = 200


async def settle(store: Redis, meeting: Meeting, now: int) -> int:
    """End what is open in a closed meeting; returns how many steps were taken, 0 when all is done.

    Order: the question on air returns, waiting appeals end, then listed and waiting questions.
    """
    if not meeting.ended:
        return 0
    steps = 0
    m = meeting.id
    for queue in (keys.on_air(m), keys.appeals(m), keys.ranked(m), keys.waiting(m)):
        while ids := await typed.zrange(store, queue, 0, SLICE - 1):
            ended = 0
            for question in await question_rows.read(store, m, ids):
                ended += await _end(store, question, now)
            steps += ended
            if not ended:
                break  # unnumbered yet, or decided in this instant: the next round looks again
    return steps


async def _end(store: Redis, question: Question, now: int) -> int:
    if question.number is None:
        return 0
    rule = by_rule(Rule.CLOSING)
    try:
        if question.state is State.ON_AIR:
            await commit(store, question, Act.RETURN, rule, "q.return", now)
        elif question.appeal is Appeal.OPEN:
            await commit(
                store,
                question,
                Act.UPHOLD,
                rule,
                "q.judge",
                now,
                intent={"d": Appeal.UPHELD.value, "reason": question.reason},
                fields={"appeal": Appeal.UPHELD.value, "judged_by": rule.by, "by": question.by},
            )
        else:
            end = "not_reached" if question.state is State.LISTED else "not_reviewed"
            await commit(store, question, Act.CLOSE, rule, "q.end", now, intent={"d": end})
    except Refused:
        return 0
    return 1
