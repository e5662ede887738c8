"""Every act in every state, by every role, of this meeting and of another: done whole, or nothing."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from server.acts import stage
from server.acts.admission import SignIn
from server.domain.question import LEGAL, Act, State
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.roles import Role, may
from server.store import keys
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town
from tests.acts.deeds import ASKERS, DEEDS, ENDS, JUDGING, Deed, brought


async def everything(town: Town) -> dict[str, object]:
    """The meeting's whole store, but for how fast people may act: that ends by itself."""
    found: dict[str, object] = {}
    async for key in town.store.scan_iter(match=f"*{town.meeting.id}*"):
        if not str(key).startswith(keys.bucket("")):
            found[str(key)] = await _value(town.store, str(key))
    return found


async def _value(store: Redis, key: str) -> object:
    match await store.type(key):
        case "hash":
            return sorted((await store.hgetall(key)).items())
        case "zset":
            return await store.zrange(key, 0, -1, withscores=True)
        case "stream":
            return await store.xlen(key)
        case "list":
            return await store.lrange(key, 0, -1)
        case "set":
            return sorted(await store.smembers(key))
        case _:
            return await store.strlen(key)


async def refusal_of(town: Town, deed: Deed, by: SignIn, q: Question, n: int) -> Refusal:
    with pytest.raises(Refused) as no:
        await deed.call(town, by, q, n)
    return no.value.refusal


@pytest.mark.parametrize("state", list(State))
async def test_every_act_in_every_state_takes_its_step_or_changes_nothing(
    store: Redis, state: State
) -> None:
    town = await live_town(store)
    moderator, head = await town.moderator(), (await town.listed()).number or 0

    async def fresh() -> tuple[Question, SignIn]:
        asker = await town.attendee()
        return await brought(town, asker, moderator, state, head), asker

    deeds = {**DEEDS, **ASKERS}
    legal = {name: LEGAL[state, d.step] for name, d in deeds.items() if (state, d.step) in LEGAL}
    for name, after in legal.items():
        question, asker = await fresh()
        done = await deeds[name].call(town, asker if name in ASKERS else moderator, question, head)
        assert (done.state, done.revision) == (after, question.revision + 1), name
    question, asker = await fresh()
    before = await everything(town)
    expected = Refusal.CLOSED if state in ENDS else Refusal.ILLEGAL
    for name in deeds.keys() - legal.keys():
        by = asker if name in ASKERS else moderator
        got = await refusal_of(town, deeds[name], by, question, head)
        assert got in (expected, Refusal.ILLEGAL), (state, name, got)
    assert await everything(town) == before


@pytest.mark.parametrize("judged", [None, *JUDGING])
async def test_an_appeal_is_judged_once_and_never_decided_past(
    store: Redis, judged: str | None
) -> None:
    town = await live_town(store)
    moderator, judge = await town.moderator(), await town.moderator()
    head = (await town.listed()).number or 0
    for name, deed in {**DEEDS, **JUDGING, **ASKERS}.items():
        asker = await town.attendee()
        out = await brought(town, asker, moderator, State.SCREENED_OUT, head)
        question = await ASKERS["appeal"].call(town, asker, out, head)
        if judged:
            question = await JUDGING[judged].call(town, judge, question, head)
        by = asker if name in ASKERS else judge
        past = deed.step in (Act.LIST, Act.SCREEN_OUT)
        stopped = judged if name in JUDGING else name == "appeal" or (past and not judged)
        after = LEGAL.get((question.state, deed.step))
        if after is None or stopped:
            got = await refusal_of(town, deed, by, question, head)
            assert got in (Refusal.ILLEGAL, Refusal.USED), (judged, name, got)
            assert await town.look(question.q) == question
        else:
            assert (await deed.call(town, by, question, head)).state is after


async def signed_in(town: Town, role: Role) -> SignIn:
    return await (town.attendee() if role is Role.ATTENDEE else town.invited(role))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.READER])
async def test_every_role_does_what_its_table_says_in_its_own_meeting_alone(
    store: Redis, role: Role
) -> None:
    town, other = await live_town(store), await live_town(store, title="Another town")
    moderator, head = await town.moderator(), (await town.listed()).number or 0
    await other.moderator()  # so that no two moderators here have one number
    own, foreign = await signed_in(town, role), await signed_in(other, role)
    for name, deed in {**DEEDS, **JUDGING, **ASKERS}.items():
        asker = await town.attendee()
        question = await brought(town, asker, moderator, deed.fit, head)
        if name in JUDGING:
            question = await ASKERS["appeal"].call(town, asker, question, head)
        if name in ASKERS:  # everybody but its asker is a stranger
            no, nowhere = {Refusal.UNKNOWN}, {Refusal.UNKNOWN, Refusal.SIGNED_OUT}
        else:
            allowed = may(role, deed.may)
            no = set() if allowed else {Refusal.FORBIDDEN}
            nowhere = {Refusal.SIGNED_OUT if allowed else Refusal.FORBIDDEN}
        assert await refusal_of(town, deed, foreign, question, head) in nowhere, name
        if no:
            assert await refusal_of(town, deed, own, question, head) in no, name
            assert await town.look(question.q) == question
        else:
            assert (await deed.call(town, own, question, head)).revision > question.revision


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.READER])
async def test_the_line_is_the_moderators_of_this_meeting(store: Redis, role: Role) -> None:
    town, other = await live_town(store), await live_town(store, title="Another town")
    line = [(await town.listed()).number or 0]
    allowed = may(role, RoleAct.LINE_UP)
    for where, refusal in ((other, Refusal.SIGNED_OUT), (town, None)):
        by = await signed_in(where, role)
        if allowed and refusal is None:
            assert await stage.arrange(store, town.meeting, by, line, 0, NOW) == 1
            continue
        with pytest.raises(Refused) as no:
            await stage.arrange(store, town.meeting, by, line, 0, NOW)
        assert no.value.refusal is (refusal if allowed else Refusal.FORBIDDEN)


def test_the_table_of_deeds_knows_every_step_that_a_person_can_take() -> None:
    known = {deed.step for deed in (*DEEDS.values(), *JUDGING.values(), *ASKERS.values())}
    by_rule = {Act.CLOSE, Act.SPLIT_UNREAD}  # tested with closing and merging
    assert known | by_rule == set(Act)
