"""A member of staff who is revoked, and a sign-in that has come to its end, lose their open sockets."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator

import pytest_asyncio
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from server.acts import admission, staff
from server.acts.admission import SignInToken
from server.domain.roles import Role
from server.live.port import Port
from tests.acts.building import NOW, Town, live_town
from tests.live.half import dial, end_of, greet, live_half, signed
from tests.live.test_processes import reads

SIGNED_OUT, TICK_MS = 4401, 250


@pytest_asyncio.fixture
async def port(store: Redis) -> AsyncIterator[Port]:
    """The live half of a server on the real store."""
    async with live_half(store, tick_ms=TICK_MS) as half:
        yield half.port


async def appointed(town: Town) -> SignInToken:
    """A moderator who accepted an invitation."""
    token = await staff.invite(town.store, town.meeting, Role.MODERATOR, NOW)
    return await staff.redeem_invitation(town.store, town.meeting, token, NOW)


async def test_a_revoked_moderators_socket_closes_within_five_seconds(
    store: Redis, port: Port
) -> None:
    town = await live_town(store)
    joined = await appointed(town)
    async with dial(port, town) as socket:
        await greet(socket, signed(joined, joined.sign_in.expires_at))
        assert json.loads(await socket.recv())["t"] == "welcome"
        which = (await staff.read(store, town.meeting)).appointments[0].id
        before = await reads(store)
        await staff.revoke(store, town.meeting, which, NOW, "org:1")
        assert await end_of(socket) == SIGNED_OUT
        # By the server's own ticks: a machine that stands still for seconds makes none.
        assert await reads(store) - before <= 5_000 / TICK_MS


async def test_a_ticket_from_before_the_end_opens_nothing_that_lasts(
    store: Redis, port: Port
) -> None:
    town = await live_town(store)
    moderator, attendee = await appointed(town), await _attendee(town)
    words = [signed(one, one.sign_in.expires_at) for one in (moderator, attendee)]
    which = (await staff.read(store, town.meeting)).appointments[0].id
    await staff.revoke(store, town.meeting, which, NOW, "org:1")
    await admission.sign_out(store, town.meeting.id, attendee.token)
    for word in words:
        async with dial(port, town) as socket:
            await greet(socket, word)
            assert await end_of(socket) == SIGNED_OUT


async def _attendee(town: Town) -> SignInToken:
    return await admission.join(town.store, town.meeting, town.meeting.code, NOW)


async def test_a_socket_does_not_outlive_its_sign_in(store: Redis, port: Port) -> None:
    town = await live_town(store)
    joined = await appointed(town)
    for lasts_ms in (3_000, 12_000, 48_000):
        async with dial(port, town) as socket:
            await greet(socket, signed(joined, int(time.time() * 1000) + lasts_ms))
            with contextlib.suppress(ConnectionClosed):  # at its end before its welcome: once more
                assert json.loads(await socket.recv())["t"] == "welcome"
                assert await end_of(socket) == SIGNED_OUT
                return
    raise AssertionError("nobody was welcome")
