"""One appeal for a question, judged by somebody else, and a reversal is a further decision."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from server.acts import appeal, decide
from server.acts.admission import SignIn
from server.domain.appeal import Appeal
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import desk_log, keys
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town


async def screened(town: Town, asker: SignIn, moderator: SignIn) -> Question:
    found = await town.ask(asker)
    return await decide.screen_out(
        town.store,
        town.meeting,
        moderator,
        found.q,
        found.revision,
        "off-topic",
        "Ask HR",
        None,
        NOW,
    )


async def test_an_appeal_is_judged_by_another_moderator_and_lists_the_question(
    store: Redis,
) -> None:
    town = await live_town(store)
    asker, first, second = await town.attendee(), await town.moderator(), await town.moderator()
    out = await screened(town, asker, first)
    waiting = await appeal.appeal(store, town.meeting, asker, out.q, "It is about work.", NOW)
    assert waiting.appeal is Appeal.OPEN and waiting.by == "mod:1"
    assert await store.zcard(keys.appeals(town.meeting.id)) == 1
    with pytest.raises(Refused) as own:
        await appeal.judge(store, town.meeting, first, out.q, waiting.revision, True, NOW)
    assert own.value.refusal is Refusal.FORBIDDEN
    judged = await appeal.judge(store, town.meeting, second, out.q, waiting.revision, True, NOW)
    assert judged.state is State.LISTED and judged.appeal is Appeal.OVERTURNED
    assert await store.zcard(keys.appeals(town.meeting.id)) == 0
    kinds = [act.kind for act in await desk_log.history(store, town.meeting.id, out.q)]
    assert kinds == ["q.received", "q.screen", "q.appeal", "q.judge"]


async def test_a_second_appeal_and_a_strangers_are_refused(store: Redis) -> None:
    town = await live_town(store)
    asker, first, second = await town.attendee(), await town.moderator(), await town.moderator()
    out = await screened(town, asker, first)
    with pytest.raises(Refused) as stranger:
        await appeal.appeal(store, town.meeting, await town.attendee(), out.q, "", NOW)
    assert stranger.value.refusal is Refusal.UNKNOWN
    waiting = await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
    for revision in (waiting.revision, waiting.revision + 1):
        with pytest.raises(Refused) as twice:
            await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
        assert twice.value.refusal is Refusal.USED
        if revision == waiting.revision:
            await appeal.judge(store, town.meeting, second, out.q, revision, False, NOW)
    assert (await town.look(out.q)).state is State.SCREENED_OUT


async def test_with_an_appeal_open_nobody_decides_past_it(store: Redis) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    out = await screened(town, asker, moderator)
    waiting = await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
    with pytest.raises(Refused) as refused:
        await decide.list_question(store, town.meeting, moderator, out.q, waiting.revision, NOW)
    assert refused.value.refusal is Refusal.ILLEGAL


async def test_a_moderator_removed_in_mid_act_decides_nothing(store: Redis) -> None:
    town = await live_town(store)
    moderator, question = await town.moderator(), await town.ask(await town.attendee())
    await store.delete(keys.sign_in(town.meeting.id, moderator.key))
    with pytest.raises(Refused) as refused:
        await decide.list_question(
            store, town.meeting, moderator, question.q, question.revision, NOW
        )
    assert refused.value.refusal is Refusal.SIGNED_OUT
    assert (await town.look(question.q)).state is State.RECEIVED


async def test_notes_stay_out_of_the_log_and_open_by_their_commitment(store: Redis) -> None:
    town = await live_town(store)
    out = await screened(town, await town.attendee(), await town.moderator())
    acts = await desk_log.history(store, town.meeting.id, out.q)
    note = acts[1].intent["note"]
    assert await desk_log.openings(store, town.meeting.id, [note]) == {note: "Ask HR"}
    assert "Ask HR" not in str(await store.xrange(keys.intake(town.meeting.id)))
