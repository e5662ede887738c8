"""One attendee's conversation over a real socket: asking, being turned away, and leaving no trace."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from server.acts import admission, decide, submit
from server.live import node, tail
from server.live.conversation import Conversation
from server.store import keys
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.live.half import WITHIN_S, dial, end_of, greet, hear, live_half, signed
from tests.live.test_hub import Ear


async def entered(socket: ClientConnection, town: Town) -> admission.SignIn:
    """Join the meeting and say hello."""
    joined = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    await greet(socket, signed(joined, joined.sign_in.expires_at))
    await hear(socket, "welcome")
    return joined.sign_in


async def ask(socket: ClientConnection, kind: str, **more: object) -> dict[str, object]:
    """Ask over the socket; the answer, which must be of this kind."""
    message = {"t": "ask", "q": fresh_q(), "text": "Why is the roof open?", "r": 1, **more}
    await socket.send(json.dumps(message))
    return await hear(socket, kind)


async def test_questions_over_sockets_take_from_their_networks_budget(store: Redis) -> None:
    town = await live_town(store)
    async with live_half(store, network_per_min=2) as half:
        now = half.node.clock()
        half.node.clock = lambda: now  # a budget that fills up by the clock
        there, elsewhere = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "203.0.113.9"}
        async with dial(half.port, town, **there) as one, dial(half.port, town, **there) as two:
            await entered(one, town)
            await entered(two, town)
            await ask(one, "asked")
            await ask(two, "asked")
            no = await ask(one, "refused")
            assert no["code"] == "too_fast" and "network" in str(no["message"])
            assert 0 < float(str(no["retry_in"])) <= 30
        async with dial(half.port, town, **elsewhere) as other:
            await entered(other, town)
            await ask(other, "asked")


async def test_a_sent_back_question_is_followed_over_the_socket(store: Redis) -> None:
    town = await live_town(store)
    async with live_half(store) as half, dial(half.port, town) as socket:
        asker = await entered(socket, town)
        first = await town.ask(asker, "Why though, and who?")
        moderator = await town.moderator()
        await decide.send_back(
            store, town.meeting, moderator, first.q, first.revision, "Say what you mean.", NOW
        )
        told = await ask(socket, "asked", after=first.number)
        assert (await town.look(str(told["q"]))).after == first.number
        other = await town.ask(await town.attendee(), "Is this mine?")
        assert (await ask(socket, "refused", after=other.number))["code"] == "unknown"
        assert len(await submit.mine(store, town.meeting, asker.voter or 0)) == 2


async def test_a_good_ticket_for_a_meeting_that_is_gone_is_told_so(store: Redis) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    await store.delete(keys.meeting(town.meeting.id))
    async with live_half(store) as half, dial(half.port, town) as socket:
        await greet(socket, signed(joined, joined.sign_in.expires_at))
        assert (await hear(socket, "refused"))["code"] == "unknown"
        assert await end_of(socket) == 4401


async def test_nothing_is_kept_of_who_has_no_socket_any_more(store: Redis) -> None:
    town = await live_town(store)
    async with live_half(store) as half:
        async with dial(half.port, town) as one:
            await entered(one, town)
            assert half.node.people == 1
        async with asyncio.timeout(WITHIN_S):
            while half.node.people:
                await asyncio.sleep(0.005)


async def test_a_fourth_socket_of_one_person_is_told_so(store: Redis) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    word = signed(joined, joined.sign_in.expires_at)
    async with live_half(store) as half, AsyncExitStack() as open_sockets:
        for _ in range(3):
            socket = await open_sockets.enter_async_context(dial(half.port, town))
            await greet(socket, word)
            await hear(socket, "welcome")
        async with dial(half.port, town) as fourth:
            await greet(fourth, word)
            assert await end_of(fourth) == 4409
        await socket.close()
        who = joined.sign_in
        async with asyncio.timeout(WITHIN_S):
            while len(half.node.present(who.meeting, who.voter or 0)) > 2:
                await asyncio.sleep(0.005)
        async with dial(half.port, town) as again:
            await greet(again, word)
            await hear(again, "welcome")


async def test_who_never_says_hello_is_told_and_cut(store: Redis) -> None:
    town = await live_town(store)
    async with live_half(store) as half:
        half.node.pace = replace(half.node.pace, hello_s=0.1)
        async with dial(half.port, town) as socket:
            assert await end_of(socket) == 4408


async def test_who_said_hello_in_time_is_waited_for_however_long_the_store_takes(
    store: Redis,
) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    hello = {"t": "hello", "ticket": signed(joined, joined.sign_in.expires_at), "d": "abc"}
    async with live_half(store) as half:
        half.node.pace = replace(half.node.pace, hello_s=0.0)  # so the store is slower than that
        ear = Ear()
        one = Conversation(half.node, half.hub, town.meeting.slug)
        one.opened(ear)
        one.received(json.dumps(hello))
        async with asyncio.timeout(WITHIN_S):
            while "snapshot" not in ear.kinds():
                await asyncio.sleep(0.005)
        assert ear.closed == []
        one.closed()


async def test_who_cannot_be_let_in_because_something_broke_is_sent_back_at_once(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(node, "own_votes_of", breaks)
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with live_half(store) as half, dial(half.port, town) as socket:
        await greet(socket, signed(joined, joined.sign_in.expires_at))
        assert await end_of(socket) == 1012


async def test_a_vote_after_the_number_behind_a_ticket_was_destroyed_is_refused_as_closed(
    store: Redis,
) -> None:
    town = await live_town(store)
    await town.listed()
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    parted = replace(joined, sign_in=replace(joined.sign_in, voter=None))
    async with live_half(store) as half, dial(half.port, town) as socket:
        await greet(socket, signed(parted, joined.sign_in.expires_at))
        await hear(socket, "welcome")
        await socket.send(json.dumps({"t": "vote", "n": 1, "on": True, "c": 1, "r": 1}))
        assert (await hear(socket, "refused"))["code"] == "closed"


async def test_what_one_device_casts_is_told_to_the_persons_other_devices_alone(
    store: Redis,
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    async with (
        live_half(store) as half,
        dial(half.port, town) as one,
        dial(half.port, town) as two,
        dial(half.port, town) as stranger,
    ):
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        for socket in (one, two):
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "welcome")
        await entered(stranger, town)
        await one.send(json.dumps({"t": "vote", "n": n, "on": True, "c": 1, "r": 7}))
        told, echo = await hear(one, "ack"), await hear(two, "ack")
        assert told.pop("at") == echo.pop("at")
        assert told == {"t": "ack", "r": 7, "n": n, "on": True, "votes": 1}
        assert echo == {**told, "r": 0}
        await stranger.send(json.dumps({"t": "ping"}))
        assert (await next_but(stranger, "snapshot", "delta"))["t"] == "pong"


async def test_a_delta_says_by_its_digest_what_the_whole_board_is(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "DIGEST_S", 3_600.0)
    town = await live_town(store)
    numbers = [(await town.listed()).number or 0 for _ in range(3)]
    async with live_half(store, tick_ms=20) as half, dial(half.port, town) as socket:
        await entered(socket, town)
        await socket.send(json.dumps({"t": "vote", "n": numbers[1], "on": True, "c": 1, "r": 7}))
        delta = await hear(socket, "delta")
        mixed = sum(numbers) + numbers[1]
        assert delta["tallies"] == [[numbers[1], 1]] and delta["digest"] == [3, 1, mixed]
        await socket.send(json.dumps({"t": "vote", "n": numbers[0], "on": True, "c": 2, "r": 8}))
        assert "digest" not in await hear(socket, "delta")


async def next_but(socket: ClientConnection, *passed_over: str) -> dict[str, object]:
    """The next message of another kind."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            told: dict[str, object] = json.loads(await socket.recv())
            if told["t"] not in passed_over:
                return told


async def test_a_refusal_is_said_in_the_language_of_the_ticket(store: Redis) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    for lang, words in (("de", "keine Frage"), ("en", "no question"), ("xx", "no question")):
        async with live_half(store) as half, dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at, lang))
            await hear(socket, "welcome")
            await socket.send(json.dumps({"t": "vote", "n": 99, "on": True, "c": 1, "r": 1}))
            assert words in str((await hear(socket, "refused"))["message"])


async def test_a_lock_with_a_line_feed_behind_it_is_not_taken_over_the_socket(
    store: Redis,
) -> None:
    town = await live_town(store)
    lock = "ab" * 32
    async with live_half(store) as half:
        for more in ({"hl": {"w": f"{lock}\n", "a": lock}}, {"salt": f"{lock}\n"}):
            async with dial(half.port, town) as socket:
                asker = await entered(socket, town)
                assert (await ask(socket, "refused", **more))["code"] == "bad_input"
                assert not await submit.mine(store, town.meeting, asker.voter or 0)
