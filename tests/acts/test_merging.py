"""Merging unites people, never their votes: whatever happens, a model of plain sets agrees."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from server.acts import decide, merge, submit
from server.acts.admission import SignIn
from server.domain.question import State
from server.domain.ranking import score
from server.domain.refusals import Refusal, Refused
from server.store import desk_log, keys, votes
from server.store.question_rows import Question
from server.store.votes import Wish
from tests.acts.building import NOW, Town, live_town


@dataclass
class Model:
    """Who voted where, as plain sets; heads by member."""

    askers: dict[str, int]
    own: dict[str, set[int]]
    into: dict[str, str] = field(default_factory=dict)

    def group(self, q: str) -> list[str]:
        return [q, *(m for m, head in self.into.items() if head == q)]

    def shown(self, q: str) -> set[int]:
        group = self.group(q)
        barred = {self.askers[m] for m in group}
        union: set[int] = set().union(*(self.own[m] for m in group))
        return union - barred

    def vote(self, q: str, voter: int, on: bool) -> bool:
        head = self.into.get(q, q)
        if voter in {self.askers[m] for m in self.group(head)}:
            return False
        if on and voter not in self.shown(head):
            self.own[head].add(voter)
        elif not on:
            for m in self.group(head):
                self.own[m].discard(voter)
        return True


async def bits(store: Redis, town: Town, q: str, people: list[int]) -> set[int]:
    key = keys.voters(town.meeting.id, q)
    return {person for person in people if await store.getbit(key, person)}


async def cast(town: Town, q: str, voter: int, on: bool, counter: int) -> int:
    found = await town.look(q)
    wish = Wish(found.head or q, voter, on, counter, 1)
    return (await votes.cast(town.store, town.meeting.id, [wish]))[0].status


async def regroup(town: Town, model: Model, moderator: SignIn, rng: random.Random) -> None:
    q, other = rng.sample(sorted(model.own), 2)
    found, head = await town.look(q), await town.look(other)
    if found.head:
        await merge.split(town.store, town.meeting, moderator, q, found.revision, NOW)
        del model.into[q]
    elif not found.members and not head.head:
        assert head.number is not None
        await merge.merge(town.store, town.meeting, moderator, q, found.revision, head.number, NOW)
        model.into[q] = other


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_every_set_is_what_plain_sets_say(store: Redis, seed: int) -> None:
    rng, town = random.Random(seed), await live_town(store)
    moderator = await town.moderator()
    people = [await town.attendee() for _ in range(8)]
    listed = [
        await town.listed(person, f"Question {at} of us?") for at, person in enumerate(people[:5])
    ]
    voters = [person.voter or 0 for person in people]
    model = Model({q.q: q.asker for q in listed}, {q.q: set() for q in listed})
    for step in range(60):
        if rng.random() < 0.25:
            await regroup(town, model, moderator, rng)
        else:
            q, voter, on = rng.choice(listed).q, rng.choice(voters), rng.random() < 0.7
            allowed = model.vote(q, voter, on)
            status = await cast(town, q, voter, on, step + 1)
            assert status == (votes.COUNTED if allowed else votes.OWN)
        # A member's own set is brought up to date when its group next changes: heads are shown.
        for question in listed:
            if question.q not in model.into:
                shown = await bits(store, town, question.q, voters)
                assert shown == model.shown(question.q)
    await ranks_agree(town, model, listed)


async def ranked(town: Town) -> list[tuple[str, int]]:
    found = await town.store.zrange(keys.ranked(town.meeting.id), 0, -1, withscores=True)
    return [(str(row[0]), int(row[1])) for row in found]


async def ranks_agree(town: Town, model: Model, listed: list[Question]) -> None:
    ranks = await ranked(town)
    heads = [q for q in listed if q.q not in model.into]
    assert dict(ranks) == {q.q: score(len(model.shown(q.q)), q.number or 0) for q in heads}


async def test_merge_then_split_without_votes_between_is_the_identity(store: Redis) -> None:
    town = await live_town(store)
    moderator, people = await town.moderator(), [await town.attendee() for _ in range(6)]
    first, second = await town.listed(people[0]), await town.listed(people[1], "And why no desks?")
    for at, (q, voter) in enumerate(
        [(first, 1), (first, 2), (second, 0), (second, 2), (second, 3)]
    ):
        assert await cast(town, q.q, people[voter].voter or 0, True, at + 1) == votes.COUNTED
    before = await look_at(town)
    merged = await merge.merge(
        store, town.meeting, moderator, second.q, second.revision, first.number or 0, NOW
    )
    assert (await town.look(first.q)).votes == 2  # 2 and 3: the askers 0 and 1 cannot vote for it
    assert (await town.look(first.q)).askers == 2
    await merge.split(store, town.meeting, moderator, second.q, merged.revision, NOW)
    assert await look_at(town) == before


@pytest.mark.parametrize("seed", range(4))
async def test_any_merges_then_their_splits_in_any_order_are_the_identity(
    store: Redis, seed: int
) -> None:
    rng, town = random.Random(seed), await live_town(store)
    moderator, people = await town.moderator(), [await town.attendee() for _ in range(6)]
    listed = [await town.listed(rng.choice(people), f"Question {at} of six?") for at in range(6)]
    for counter in range(1, 30):
        await cast(town, rng.choice(listed).q, rng.choice(people).voter or 0, True, counter)
    before, heads = await look_at(town), rng.sample(listed, 2)
    members = [q for q in listed if q not in heads and rng.random() < 0.8]
    for q in members:
        head, revision = rng.choice(heads).number or 0, (await town.look(q.q)).revision
        await merge.merge(store, town.meeting, moderator, q.q, revision, head, NOW)
    for q in rng.sample(members, len(members)):
        revision = (await town.look(q.q)).revision
        await merge.split(store, town.meeting, moderator, q.q, revision, NOW)
    assert await look_at(town) == before


async def look_at(town: Town) -> dict[str, object]:
    """Every set of votes and the ranking, byte for byte."""
    m, ranks = town.meeting.id, await ranked(town)
    pipe = town.store.pipeline(transaction=False)
    for q, _ in ranks:
        for at in range(1024):
            pipe.getbit(keys.voters(m, q), at)
    bits, bitmaps = await pipe.execute(), {}
    for place, (q, _) in enumerate(ranks):
        held = bits[place * 1024 : (place + 1) * 1024]
        bitmaps[q] = [at for at, bit in enumerate(held) if bit]
    kinds = (keys.alone, keys.took_back, keys.barred)
    left = [kind(m, q) for kind in kinds for q, _ in ranks if await town.store.exists(kind(m, q))]
    return {"ranks": ranks, "bitmaps": bitmaps, "left over": left}


async def test_one_that_waited_waits_again_when_it_is_split(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    head, waiting = await town.listed(), await town.ask(await town.attendee(), "Unread text here?")
    merged = await merge.merge(
        store, town.meeting, moderator, waiting.q, waiting.revision, head.number or 0, NOW
    )
    assert merged.state is State.MERGED and merged.head == head.q
    again = await merge.split(store, town.meeting, moderator, waiting.q, merged.revision, NOW)
    assert again.state is State.RECEIVED
    assert await store.zscore(keys.waiting(town.meeting.id), waiting.q) is not None


async def test_no_circle_no_chain_and_nothing_merged_into_itself(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    a, b, c = [await town.listed(text=f"Question {name} stands?") for name in "abc"]
    m = await merge.merge(store, town.meeting, moderator, b.q, b.revision, a.number or 0, NOW)

    async def refused(member: Question, into: Question) -> str:
        now = await town.look(member.q)
        with pytest.raises(Refused) as no:
            await merge.merge(
                store, town.meeting, moderator, now.q, now.revision, into.number or 0, NOW
            )
        assert no.value.refusal is Refusal.ILLEGAL
        return str(no.value)

    assert "itself" in await refused(c, c)
    assert f"into no. {a.number} instead" in await refused(c, b)  # b is merged
    assert "no. " in await refused(a, c)  # a has members
    assert "merged" in await refused(b, c)  # merged cannot be merged again
    assert (await town.look(b.q)).revision == m.revision


async def test_a_head_that_is_withdrawn_frees_those_merged_into_it(store: Redis) -> None:
    town = await live_town(store)
    moderator, asker = await town.moderator(), await town.attendee()
    head, member = await town.listed(asker), await town.listed(text="The same, please?")
    await merge.merge(
        store, town.meeting, moderator, member.q, member.revision, head.number or 0, NOW
    )
    gone = await submit.withdraw(store, town.meeting, asker, head.q, NOW)
    assert gone.state is State.WITHDRAWN
    assert (await town.look(member.q)).state is State.LISTED


async def test_no_text_becomes_public_by_a_merge_that_its_head_is_not(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    waiting, other = await town.ask(await town.attendee()), await town.listed(text="Listed one?")
    with pytest.raises(Refused) as unread:
        await merge.merge(
            store, town.meeting, moderator, other.q, other.revision, waiting.number or 0, NOW
        )
    assert unread.value.refusal is Refusal.ILLEGAL
    await merge.merge(
        store, town.meeting, moderator, waiting.q, waiting.revision, other.number or 0, NOW
    )
    head = await town.look(other.q)
    with pytest.raises(Refused) as withheld:
        await decide.screen_out(
            store, town.meeting, moderator, head.q, head.revision, "abusive", "", None, NOW
        )
    assert withheld.value.refusal is Refusal.ILLEGAL
    assert (await town.look(head.q)).state is State.LISTED


async def group_of_three(town: Town, moderator: SignIn) -> list[Question]:
    """A head with two members; the head first."""
    asked = [await town.listed(text=f"Question {name} stands?") for name in "abc"]
    for member in asked[1:]:
        number = asked[0].number or 0
        await merge.merge(
            town.store, town.meeting, moderator, member.q, member.revision, number, NOW
        )
    return [await town.look(q.q) for q in asked]


async def test_a_head_is_withheld_only_when_its_members_stand_alone(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    head, *members = await group_of_three(town, moderator)

    async def alone(reason: str, note: str = "") -> Question:
        return await decide.screen_alone(
            store, town.meeting, moderator, head.q, head.revision, reason, note, None, NOW
        )

    for reason, note in (("rude", ""), ("duplicate", ""), ("abusive", "x" * 501)):
        with pytest.raises(Refused):
            await alone(reason, note)
    assert (await town.look(head.q)).members == 2  # refused: nothing was split
    out = await alone("abusive")
    assert (out.state, out.withheld, out.members) == (State.SCREENED_OUT, True, 0)
    assert {(await town.look(q.q)).state for q in members} == {State.LISTED}
    kinds = [act.kind for act in await desk_log.history(store, town.meeting.id, members[0].q)]
    assert kinds[-1] == "q.split"


async def test_all_members_are_split_by_a_decision_each(store: Redis) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    head, *members = await group_of_three(town, moderator)
    with pytest.raises(Refused) as late:
        await merge.split_all(store, town.meeting, moderator, head.q, head.revision - 1, NOW)
    assert late.value.refusal is Refusal.CONTENDED
    after = await merge.split_all(store, town.meeting, moderator, head.q, head.revision, NOW)
    assert (after.members, after.state) == (0, State.LISTED)
    assert {(await town.look(q.q)).state for q in members} == {State.LISTED}
    with pytest.raises(Refused) as nothing:
        await merge.split_all(store, town.meeting, moderator, head.q, after.revision, NOW)
    assert nothing.value.refusal is Refusal.ILLEGAL


async def test_a_head_screened_out_in_the_open_keeps_its_group_and_comes_back_with_it(
    store: Redis,
) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    head, *members = await group_of_three(town, moderator)
    out = await decide.screen_out(
        store, town.meeting, moderator, head.q, head.revision, "off-topic", "", None, NOW
    )
    with pytest.raises(Refused) as withheld:
        await decide.screen_out(
            store, town.meeting, moderator, head.q, out.revision, "spam", "", None, NOW
        )
    assert "Split all of them first" in str(withheld.value.sentence)
    back = await decide.list_question(store, town.meeting, moderator, head.q, out.revision, NOW)
    assert (back.state, back.members) == (State.LISTED, 2)
    assert {(await town.look(q.q)).state for q in members} == {State.MERGED}
