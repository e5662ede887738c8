"""Coming in: each code and link admits whom it should, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import admission, staff
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.store import keys, typed
from server.store.call import call
from tests.acts.building import NOW, live_town


async def test_voter_numbers_are_dense_and_each_is_given_once(store: Redis) -> None:
    town = await live_town(store)
    people = await asyncio.gather(*(town.attendee() for _ in range(200)))
    numbers = {person.voter for person in people}
    assert len(numbers) == 200 and all(0 <= (n or 0) < 1024 for n in numbers)


async def test_a_roster_code_admits_one_person_once(store: Redis) -> None:
    town = await live_town(store, admission="roster")
    code = (await admission.import_roster(store, town.meeting, 1, NOW))[0]
    answers = await asyncio.gather(
        *(admission.join(store, town.meeting, code, NOW) for _ in range(20)),
        return_exceptions=True,
    )
    used = [a for a in answers if isinstance(a, Refused)]
    assert len(used) == 19 and {a.refusal for a in used} == {Refusal.USED}


async def test_a_wrong_code_admits_nobody(store: Redis) -> None:
    town = await live_town(store)
    with pytest.raises(Refused) as refused:
        await admission.join(store, town.meeting, "AAAA-BBBB", NOW)
    assert refused.value.refusal is Refusal.UNKNOWN


async def test_a_code_may_be_typed_with_blanks_and_small_letters(store: Redis) -> None:
    town = await live_town(store)
    typed = " ".join(town.meeting.code.lower())
    assert (await admission.join(store, town.meeting, typed, NOW)).sign_in.role is Role.ATTENDEE


async def test_an_invitation_is_used_once_and_gives_a_lasting_label(store: Redis) -> None:
    town = await live_town(store)
    token = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    first = await staff.redeem_invitation(store, town.meeting, token, NOW)
    assert first.sign_in.label == "Moderator 1"
    with pytest.raises(Refused) as refused:
        await staff.redeem_invitation(store, town.meeting, token, NOW)
    assert refused.value.refusal is Refusal.USED


async def test_a_device_link_gives_the_same_voter_on_another_device(store: Redis) -> None:
    town = await live_town(store)
    person = await town.attendee()
    link = await admission.device_link(store, town.meeting, person, NOW)
    other = await admission.take_device(store, town.meeting, link, NOW)
    assert other.sign_in.voter == person.voter
    with pytest.raises(Refused):
        await admission.take_device(store, town.meeting, link, NOW)


async def test_a_signed_out_token_is_nobody(store: Redis) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    assert await admission.who(store, town.meeting.id, joined.token) is not None
    await admission.sign_out(store, town.meeting.id, joined.token)
    assert await admission.who(store, town.meeting.id, joined.token) is None


async def test_an_organiser_link_works_once(store: Redis) -> None:
    link = await staff.new_organiser_link(store)
    token = await staff.redeem_organiser_link(store, link, NOW)
    assert await staff.is_organiser(store, token, NOW)
    with pytest.raises(Refused) as refused:
        await staff.redeem_organiser_link(store, link, NOW)
    assert refused.value.refusal is Refusal.USED


@pytest.mark.parametrize(("lost", "admitted"), [(1, True), (2, True), (3, False)])
async def test_a_roster_code_whose_answer_was_lost_still_admits_its_person(
    store: Redis, monkeypatch: pytest.MonkeyPatch, lost: int, admitted: bool
) -> None:
    town, left = await live_town(store, admission="roster"), [lost]
    code = (await admission.import_roster(store, town.meeting, 1, NOW))[0]

    async def losing(
        redis: Redis, name: str, used: Sequence[str], args: Sequence[str | int]
    ) -> Any:
        answer = await call(redis, name, used, args)
        left[0] -= 1
        if left[0] >= 0:
            raise RedisError("the answer was lost")
        return answer

    monkeypatch.setattr(admission, "call", losing)
    if not admitted:
        with pytest.raises(RedisError):
            await admission.join(store, town.meeting, code, NOW)
        return
    joined = await admission.join(store, town.meeting, code, NOW)
    found = await admission.who(store, town.meeting.id, joined.token)
    assert found == joined.sign_in and found.voter is not None
    assert await store.scard(keys.attendees(town.meeting.id)) == 1


async def test_a_sign_in_never_ends_without_its_sockets_being_told(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    execute, left = store.execute_command, [1]

    async def breaking(*command: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise RedisError("the store went away")
        return await execute(*command, **options)  # type: ignore[no-untyped-call]

    with monkeypatch.context() as patch:
        patch.setattr(store, "execute_command", breaking)
        await admission.sign_out(store, town.meeting.id, joined.token)
    assert await admission.who(store, town.meeting.id, joined.token) is None
    told = await typed.entries(store, keys.events(town.meeting.id), "", 100)
    assert told[-1][1] == {"t": "ended", "sign_in": joined.sign_in.key}
