"""A member of staff who is revoked, and a sign-in that has come to its end, lose their open sockets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypercorn.config import Config
from quart import Quart
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from server.acts import admission, staff
from server.acts.admission import SignInToken
from server.domain.ids import digest
from server.domain.roles import Role
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.conversation import Conversation
from server.live.hub import Hub
from server.live.node import Node, Pace
from server.live.port import Port, listen
from server.live.socket import Door
from server.live.tail import Tail
from server.protocol import ticket
from tests.acts.building import NOW, SECRET, Town, live_town

HOST = "floor.example"
SIGNED_OUT = 4401
WITHIN_S = 5.0


@pytest_asyncio.fixture
async def port(store: Redis) -> AsyncIterator[Port]:
    """The live half of a server on the real store."""
    boards = Boards(store)
    batcher = Batcher(store, 5, 200, 5_000)
    node = Node(
        store, boards, batcher, SECRET, Pace(5, 20, 3, 250), lambda: int(time.time() * 1000)
    )
    hub = Hub(boards, 250)
    tail = Tail(store, boards, hub, 250)
    door = Door(frozenset({HOST}), frozenset({f"http://{HOST}"}), 16_384, 5.0, 50, 50)
    opened = await listen(
        Quart("empty"),
        Config(),
        lambda slug: Conversation(node, hub, slug),
        door,
        "127.0.0.1",
        0,
        None,
    )
    tasks = [asyncio.create_task(work) for work in (tail.run(), tail.listen())]
    yield opened
    opened.close()
    await opened.drain(0.0)
    while waiting := {task for task in tasks if not task.done()}:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.2)


def signed(joined: SignInToken, until: int) -> str:
    """A ticket as the API would give it."""
    who, soon = joined.sign_in, int(time.time() * 1000) + 60_000  # NOW may be minutes old
    claims = ticket.TicketClaims(
        who.meeting, who.role, who.voter, who.label, digest(joined.token), soon, until
    )
    return ticket.sign(SECRET, claims)


def dial(port: Port, town: Town) -> connect:
    """A socket to the meeting."""
    return connect(
        f"ws://{HOST}/live/{town.meeting.slug}",
        host="127.0.0.1",
        port=port.number,
        origin=Origin(f"http://{HOST}"),
        proxy=None,
    )


async def greet(socket: ClientConnection, word: str) -> None:
    """Say hello with a ticket."""
    await socket.send(json.dumps({"t": "hello", "ticket": word, "d": "abc"}))


async def end_of(socket: ClientConnection) -> int | None:
    """The code with which the server ends the connection, in time."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(WITHIN_S):
            while True:
                await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else None


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
        await staff.revoke(store, town.meeting, which, NOW, "org:1")
        assert await end_of(socket) == SIGNED_OUT


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
    async with dial(port, town) as socket:
        await greet(socket, signed(joined, int(time.time() * 1000) + 700))
        assert json.loads(await socket.recv())["t"] == "welcome"
        assert await end_of(socket) == SIGNED_OUT
