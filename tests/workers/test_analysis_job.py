"""The analysis job: finds copies and similar questions, and changes no question whatever happens."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from server.acts import decide, desk, erase, merge, suggestions
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import analysis, keys
from server.store.analysis import Findings
from tests.acts.building import NOW, Town, live_town
from workers.analysis.job import analyse

SAME = "Will the canteen in the north building open again this year?"

ABOUT_IT = (
    "What will the new office in the harbour cost us in the end?",
    "The new office in the harbour: who may bring a dog?",
    "Why do we need a new office in the harbour at all?",
    "Is there any parking at the new office in the harbour?",
    "How many desks does the new office in the harbour hold when it opens?",
    "Which teams go to the new office in the harbour when it does open?",
)


async def states(town: Town) -> list[object]:
    raw: list[object] = []
    async for key in town.store.scan_iter(match="*:q:*"):
        raw.append((key, await town.store.hgetall(key)))
    return sorted(raw, key=repr)


async def test_copies_are_counted_by_people_and_nothing_is_decided(store: Redis) -> None:
    town = await live_town(store)
    people = [await town.attendee() for _ in range(3)]
    asked = [await town.ask(person, SAME) for person in (*people, people[0])]
    other = await town.ask(people[1], "Who pays for the trip to the autumn fair?")
    before = await states(town)
    assert await analyse(store, town.meeting.id) == 5
    assert await analyse(store, town.meeting.id) == 0
    firsts = await analysis.firsts(store, town.meeting.id, [q.q for q in [*asked, other]])
    assert set(firsts.values()) == {asked[0].q, other.q}
    assert await store.zscore(keys.by_askers(town.meeting.id), asked[0].q) == 3
    assert await states(town) == before


async def test_who_asked_is_still_counted_after_other_words_and_after_a_split(store: Redis) -> None:
    town = await live_town(store)
    asked = [await town.ask(await town.attendee(), SAME) for _ in range(3)]
    await analyse(store, town.meeting.id)
    moderator, counted = await town.moderator(), keys.by_askers(town.meeting.id)
    first, last = asked[0], asked[2]
    worded = await decide.word(
        store, town.meeting, moderator, first.q, first.revision, "Will the canteen open?", NOW
    )
    assert worded.state is State.RECEIVED and await store.zscore(counted, first.q) == 3
    head = await decide.list_question(store, town.meeting, moderator, first.q, worded.revision, NOW)
    assert head.number is not None
    member = await merge.merge(
        store, town.meeting, moderator, last.q, last.revision, head.number, NOW
    )
    assert await store.zscore(counted, last.q) is None
    alone = await merge.split(store, town.meeting, moderator, last.q, member.revision, NOW)
    assert alone.state is State.RECEIVED and await store.zscore(counted, last.q) == 3


async def test_a_flood_of_copies_hides_no_question_behind_it(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    flood = [await town.ask(await town.attendee(), SAME) for _ in range(6)]
    other = await town.ask(await town.attendee(), "Who pays for the trip to the autumn fair?")
    await store.zadd(keys.waiting(town.meeting.id), {other.q: NOW + 60_000})
    await analyse(store, town.meeting.id)
    monkeypatch.setattr(desk, "WAITING_MAX", 4)
    shown = await desk.look(store, town.meeting.id)
    assert len(shown.questions) == 4 and other.q in {row.q for row in shown.questions}
    asked = {row.q for row in flood}
    assert {shown.people[row.q] for row in shown.questions if row.q in asked} == {6}


async def test_a_later_run_goes_on_with_the_groups_of_an_earlier_one(store: Redis) -> None:
    town = await live_town(store)
    first = await town.ask(await town.attendee(), SAME)
    await analyse(store, town.meeting.id)
    later = await town.ask(await town.attendee(), SAME.upper())
    await analyse(store, town.meeting.id)
    assert await analysis.firsts(store, town.meeting.id, [later.q]) == {later.q: first.q}


async def test_a_dismissed_suggestion_is_not_offered_again(store: Redis) -> None:
    town = await live_town(store)
    one = await town.ask(await town.attendee(), "When does the new office in the harbour open?")
    two = await town.ask(await town.attendee(), "When does the old office at the harbour close?")
    await analyse(store, town.meeting.id)
    found = await suggestions.similar(store, town.meeting.id, two.q)
    assert [question.q for question, _ in found] == [one.q]
    moderator = await town.moderator()
    await suggestions.dismiss(store, town.meeting, moderator, one.q, two.q, NOW)
    assert await suggestions.similar(store, town.meeting.id, two.q) == []


async def test_an_older_question_learns_of_later_ones_the_best_five_of_all(store: Redis) -> None:
    town = await live_town(store)
    first = await town.ask(await town.attendee(), "When does the new office in the harbour open?")
    await analyse(store, town.meeting.id)
    assert await suggestions.similar(store, town.meeting.id, first.q) == []
    later = []
    for words in ABOUT_IT:
        later.append(await town.ask(await town.attendee(), words))
        await analyse(store, town.meeting.id)
    found = await suggestions.similar(store, town.meeting.id, first.q)
    scores = [score for _, score in found]
    assert len(found) == 5 and scores == sorted(scores, reverse=True)
    moderator, seen = await town.moderator(), {question.q for question, _ in found}
    assert seen < {question.q for question in later}
    await suggestions.dismiss(store, town.meeting, moderator, found[0][0].q, first.q, NOW)
    after = [
        question.q for question, _ in await suggestions.similar(store, town.meeting.id, first.q)
    ]
    assert found[0][0].q not in after and len(after) == 5 and not set(after) <= seen
    other_way = await suggestions.similar(store, town.meeting.id, found[0][0].q)
    assert first.q not in {question.q for question, _ in other_way}


async def test_asked_by_counts_anew_when_a_copy_is_told_apart(store: Redis) -> None:
    town = await live_town(store)
    copies = [await town.ask(await town.attendee(), SAME) for _ in range(4)]
    await analyse(store, town.meeting.id)
    before, moderator = await desk.look(store, town.meeting.id), await town.moderator()
    await suggestions.dismiss(store, town.meeting, moderator, copies[2].q, copies[0].q, NOW)
    told = await desk.since(store, town.meeting.id, before.position)
    after = await desk.look(store, town.meeting.id)
    for shown in (told, after):
        assert shown is not None
        assert [shown.people.get(copy.q) for copy in copies] == [3, 3, None, 3]
    assert await store.zscore(keys.by_askers(town.meeting.id), copies[2].q) == 1
    await town.ask(await town.attendee(), SAME)
    await analyse(store, town.meeting.id)
    assert (await desk.look(store, town.meeting.id)).people[copies[0].q] == 4


async def test_copies_of_an_erased_question_go_on_as_a_group(store: Redis) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    first = await town.ask(asker, SAME)
    second = await town.ask(await town.attendee(), SAME)
    await analyse(store, town.meeting.id)
    await erase.erase_own(store, town.meeting, asker, first.q, "", NOW)
    third = await town.ask(await town.attendee(), SAME)
    assert await analyse(store, town.meeting.id) == 1
    found = await analysis.firsts(store, town.meeting.id, [second.q, third.q])
    assert found == {second.q: second.q, third.q: second.q}


async def test_a_copy_that_somebody_tells_apart_is_a_row_of_its_own_again(store: Redis) -> None:
    town = await live_town(store)
    first, copy, third = [await town.ask(await town.attendee(), SAME) for _ in range(3)]
    await analyse(store, town.meeting.id)
    before = await desk.look(store, town.meeting.id)
    assert before.firsts[copy.q] == first.q and before.people[copy.q] == 3
    moderator = await town.moderator()
    await suggestions.dismiss(store, town.meeting, moderator, copy.q, first.q, NOW)
    told = await desk.since(store, town.meeting.id, before.position)
    assert told is not None and {q.q for q in told.questions} == {first.q, copy.q, third.q}
    assert copy.q not in told.firsts and copy.q not in told.people
    after = await desk.look(store, town.meeting.id)
    assert after.firsts[third.q] == first.q


async def test_a_dismissal_of_somebody_signed_out_or_after_the_end_changes_nothing(
    store: Redis,
) -> None:
    town = await live_town(store)
    one, two = [await town.ask(await town.attendee(), SAME) for _ in range(2)]
    await analyse(store, town.meeting.id)
    gone, moderator = await town.moderator(), await town.moderator()
    await store.delete(keys.sign_in(town.meeting.id, gone.key))
    with pytest.raises(Refused) as signed_out:
        await suggestions.dismiss(store, town.meeting, gone, one.q, two.q, NOW)
    await store.hset(keys.meeting(town.meeting.id), "ended", "1")
    with pytest.raises(Refused) as ended:
        await suggestions.dismiss(store, town.meeting, moderator, one.q, two.q, NOW)
    assert (signed_out.value.refusal, ended.value.refusal) == (Refusal.SIGNED_OUT, Refusal.CLOSED)
    assert (await desk.look(store, town.meeting.id)).firsts[two.q] == one.q
    assert not await store.exists(keys.dismissed(town.meeting.id))


@pytest.mark.parametrize("runs", [2, 5])
async def test_runs_at_once_agree_with_one(store: Redis, runs: int) -> None:
    town = await live_town(store)
    asked = [await town.ask(await town.attendee(), SAME) for _ in range(6)]
    await asyncio.gather(*(analyse(store, town.meeting.id) for _ in range(runs)))
    firsts = await analysis.firsts(store, town.meeting.id, [q.q for q in asked])
    assert set(firsts.values()) == {asked[0].q}
    assert await analysis.done(store, town.meeting.id) == "6"


async def test_an_erasure_in_mid_run_leaves_no_fingerprint_behind(store: Redis) -> None:
    town = await live_town(store)
    m = town.meeting.id
    gone, kept = [await town.ask(await town.attendee(), words) for words in ABOUT_IT[:2]]
    found = Findings(
        copies={gone.q: gone.q, kept.q: kept.q},
        signatures={gone.q: "00", kept.q: "01"},
        similar={gone.q: {kept.q: 0.5}, kept.q: {gone.q: 0.5}},
        askers={gone.q: 1, kept.q: 1},
    )
    await store.hset(keys.question(m, gone.q), "erased", "asker")
    assert await analysis.note(store, m, "", 2, 0, found)
    for what in ("signatures", "similar", "copies"):
        assert await store.hkeys(keys.analysed(m, what)) == [kept.q]


def test_each_asker_whom_a_rebuilt_store_does_not_know_is_one_person() -> None:
    askers = {"a": "-1", "b": "-1", "c": "7", "d": "7", "e": "-1"}
    told_apart = {analysis.pair_name("a", "e")}
    assert analysis.asked_by("a", askers, told_apart) == {"a": 3, "b": 3, "c": 3, "d": 3, "e": 1}
