"""The end of a meeting: every open question gets an explicit one, then who asked and voted is forgotten.
Both are redone by the clock until nothing is left.

The change of phase comes first and is the fence: from that commit on the store counts no vote and
takes no question, so none that was acknowledged is missing from the final tallies.
"""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts import admission, tallies
from server.acts.decision import by_rule, commit
from server.domain.appeal import Appeal
from server.domain.meeting import Meeting
from server.domain.question import Act, State
from server.domain.refusals import Refused
from server.domain.rules import Rule
from server.store import erasing, keys, question_rows, sequencing, ticks, typed
from server.store.question_rows import Question

SLICE = 200


async def settle(store: Redis, meeting: Meeting, now: int) -> int:
    """End what is open in a closed meeting; returns how many steps were taken, 0 when all is done.

    Order: the question on air returns, waiting appeals end, the tallies freeze for good, then listed
    and waiting questions end; the record's closing entry is the last. One whose number is still to come
    is waited for; one that the log kept aside gets none, and ends without.
    """
    if not meeting.ended:
        return 0
    steps = 0
    m = meeting.id
    aside = await sequencing.aside(store, m)
    if await ticks.log_closed(store, m):
        return 0
    for queue in (keys.on_air(m), keys.appeals(m), keys.ranked(m), keys.waiting(m)):
        if queue == keys.ranked(m):
            # The question on air stands among the others again: what counts at the end is frozen.
            await tallies.freeze_finally(store, m, now)
        while ids := await typed.zrange(store, queue, 0, SLICE - 1):
            ended = 0
            for question in await question_rows.read(store, m, ids):
                if question.number is not None or question.q in aside:
                    ended += await _end(store, question, now)
            steps += ended
            if not ended:
                break  # unnumbered yet, or decided in this instant: the next round looks again
    await tallies.close(store, m, now)
    return steps


async def _end(store: Redis, question: Question, now: int) -> int:
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
                fields={"appeal": Appeal.UPHELD.value, "by": question.by},
            )
        else:
            end = "not_reached" if question.state is State.LISTED else "not_reviewed"
            await commit(store, question, Act.CLOSE, rule, "q.end", now, intent={"d": end})
    except Refused:
        return 0
    return 1


async def forget(store: Redis, meeting: Meeting) -> int:
    """Destroy what tells which sign-in asked and voted what, once every question of a closed meeting has
    its end; returns how many sign-ins were parted from their numbers.

    The sign-ins come last, so that after a crash the next round begins anew. Who joins afterwards, to
    read, is forgotten by the next round. That the store's file must be written anew is said before the
    first of it is destroyed, and once more behind the last: one that was written in between is not enough.
    """
    m = meeting.id
    if not meeting.ended or not await store.scard(keys.attendees(m)):
        return 0
    for queue in (keys.on_air(m), keys.appeals(m), keys.ranked(m), keys.waiting(m)):
        if await store.zcard(queue):
            return 0
    gone = await _destroy(store, m, {keys.seen_counters(m)})
    ids = list((await typed.hgetall(store, keys.numbers(m))).values())
    for start in range(0, len(ids), SLICE):
        found = await question_rows.read(store, m, ids[start : start + SLICE])
        asked = {keys.asked(m, question.asker) for question in found}
        gone = await _destroy(store, m, asked) or gone
    parted = await admission.forget_voters(store, m)
    if gone:
        await erasing.owe(store, m, "closed")
    return parted


async def _destroy(store: Redis, meeting: str, doomed: set[str]) -> bool:
    """Delete these keys, and say before that the store's file must be written anew; False where none is."""
    if not doomed or not await store.exists(*doomed):
        return False
    await erasing.owe(store, meeting, "closing")
    await store.unlink(*doomed)
    return True
