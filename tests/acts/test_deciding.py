"""Decisions: one commit or nothing, never over somebody else's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from redis.asyncio import Redis

from server.acts import decide, meetings, submit, vote
from server.acts.decision import commit
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import keys, typed
from server.store.question_rows import Question
from tests.acts.building import NOW, PACE, SECRET, fresh_q, live_town


async def test_of_two_moderators_deciding_at_once_one_is_told_to_look_again(store: Redis) -> None:
    town = await live_town(store)
    question = await town.ask(await town.attendee())
    first, second = await town.moderator(), await town.moderator()
    answers = await asyncio.gather(
        decide.list_question(store, town.meeting, first, question.q, question.revision, NOW),
        decide.screen_out(
            store, town.meeting, second, question.q, question.revision, "spam", "", None, NOW
        ),
        return_exceptions=True,
    )
    refused = [a for a in answers if isinstance(a, Refused)]
    assert len(refused) == 1 and refused[0].refusal is Refusal.CONTENDED
    assert "Look again" in str(refused[0])


async def test_each_decision_appends_one_intent_without_any_text(store: Redis) -> None:
    town = await live_town(store)
    question = await town.listed(text="Is the canary text in the log?")
    entries = await typed.entries(store, keys.intake(town.meeting.id), "", 100)
    intents = [json.loads(entry["intent"]) for _, entry in entries]
    assert [i["t"] for i in intents] == ["log.open", "q.received", "m.role", "q.list"]
    assert intents[3]["by"] == "mod:1" and intents[3]["q"] == question.q
    assert "canary" not in json.dumps(entries)


async def test_a_screening_tells_the_votes_of_its_own_moment(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    question, voter = await town.listed(), await town.attendee()

    async def after_a_vote(*given: Any, **more: Any) -> Question:
        await vote.cast_now(store, town.meeting, voter, question.number or 0, True, 1, "tab", PACE)
        return await commit(*given, **more)

    monkeypatch.setattr(decide, "commit", after_a_vote)
    await decide.screen_out(
        store, town.meeting, await town.moderator(), question.q, 2, "unclear", "", None, NOW
    )
    entries = await typed.entries(store, keys.intake(town.meeting.id), "", 100)
    assert json.loads(entries[-1][1]["intent"])["votes"] == 1


async def test_an_unknown_reason_and_a_missing_target_change_nothing(store: Redis) -> None:
    town = await live_town(store)
    question, moderator = await town.ask(await town.attendee()), await town.moderator()
    for reason, refusal in (("rude", Refusal.REASON_UNKNOWN), ("duplicate", Refusal.TARGET_NEEDED)):
        with pytest.raises(Refused) as refused:
            await decide.screen_out(
                store, town.meeting, moderator, question.q, 1, reason, "", None, NOW
            )
        assert refused.value.refusal is refusal
    assert (await town.look(question.q)).state is State.RECEIVED


async def test_an_attendee_decides_nothing(store: Redis) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    question = await town.ask(asker)
    with pytest.raises(Refused) as refused:
        await decide.list_question(store, town.meeting, asker, question.q, 1, NOW)
    assert refused.value.refusal is Refusal.FORBIDDEN


async def test_numbers_follow_arrival_without_gaps(store: Redis) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    numbers = [(await town.ask(asker)).number for _ in range(5)]
    assert numbers == [1, 2, 3, 4, 5]


async def test_a_repeated_submission_is_the_same_question(store: Redis) -> None:
    town = await live_town(store)
    asker, q = await town.attendee(), fresh_q()

    async def send(text: str) -> submit.Receipt:
        return await submit.submit(
            store,
            town.meeting,
            asker,
            q=q,
            text=text,
            lang="en",
            name=None,
            via="api",
            secret=SECRET,
            now=NOW,
        )

    receipts = await asyncio.gather(*(send("Why is the roof wet?") for _ in range(50)))
    assert len({receipt.fate for receipt in receipts}) == 1
    assert await store.zcard(keys.waiting(town.meeting.id)) == 1
    with pytest.raises(Refused) as refused:
        await send("Quite another text, same id")
    assert refused.value.refusal is Refusal.CONFLICT


async def test_only_the_asker_withdraws_and_only_while_it_is_legal(store: Redis) -> None:
    town = await live_town(store)
    asker, stranger = await town.attendee(), await town.attendee()
    question = await town.ask(asker)
    with pytest.raises(Refused) as refused:
        await submit.withdraw(store, town.meeting, stranger, question.q, NOW)
    assert refused.value.refusal is Refusal.UNKNOWN
    gone = await submit.withdraw(store, town.meeting, asker, question.q, NOW)
    assert gone.state is State.WITHDRAWN
    with pytest.raises(Refused) as again:
        await submit.withdraw(store, town.meeting, asker, question.q, NOW)
    assert again.value.refusal is Refusal.ILLEGAL


async def test_the_fourth_question_in_ten_minutes_is_told_how_long_to_wait(store: Redis) -> None:
    town = await live_town(store, submit_limit=3)
    asker = await town.attendee()
    for _ in range(3):
        await town.ask(asker)
    with pytest.raises(Refused) as refused:
        await town.ask(asker)
    assert refused.value.refusal is Refusal.TOO_FAST
    assert refused.value.retry_in is not None and 0 < refused.value.retry_in <= 200


async def test_a_repeat_after_asking_closed_is_answered_as_taken(store: Redis) -> None:
    town = await live_town(store)
    asker, q = await town.attendee(), fresh_q()

    async def send(meeting: Meeting) -> submit.Receipt:
        words = "Was this taken in time?"
        return await submit.submit(
            store, meeting, asker, q=q, text=words, lang="en", name=None, via="api",
            secret=SECRET, now=NOW,
        )  # fmt: skip

    first = await send(town.meeting)
    closed = await meetings.change(store, town.meeting, {"asking": False}, "org:1", NOW)
    assert (await send(closed)).fate == first.fate
