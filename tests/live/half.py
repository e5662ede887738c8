"""The live half of a server on the real store, and clients of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from hypercorn.config import Config
from quart import Quart
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from server.acts.admission import SignInToken
from server.domain.ids import digest
from server.launch.ports import bind
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.conversation import Conversation
from server.live.door import Door
from server.live.elsewhere import tell_elsewhere
from server.live.gate import Gate
from server.live.hub import Hub
from server.live.networks import Networks, client_address, read_proxies
from server.live.node import Node, Pace
from server.live.port import Port, listen
from server.live.tail import Tail
from server.protocol import ticket
from tests.acts.building import SECRET, Town

HOST = "floor.example"
WITHIN_S = 60.0  # a busy machine is slow, what is wrong stays wrong


@dataclass
class Half:
    """What runs."""

    port: Port
    node: Node
    hub: Hub


@asynccontextmanager
async def live_half(
    store: Redis,
    network_per_min: int = 6_000,
    tick_ms: int = 250,
    batch_votes: int = 200,
    batch_waiting: int = 5_000,
    per_person: int = 5,
    elsewhere_s: float = 15.0,
) -> AsyncIterator[Half]:
    """Boards, tail and port as serve.py puts them together; this machine is a trusted proxy."""
    boards, networks = Boards(store), Networks()
    gate, proxies = Gate(), read_proxies(["127.0.0.1"])
    batcher = Batcher(store, 5, batch_votes, batch_waiting, gate)
    pace = Pace(
        per_person, 4 * per_person, 3, tick_ms, hello_s=WITHIN_S, network_per_min=network_per_min
    )
    node = Node(store, boards, batcher, SECRET, pace, lambda: int(time.time() * 1000), networks)
    hub = Hub(boards, tick_ms)
    tail = Tail(store, boards, hub, tick_ms)
    door = Door(
        frozenset({HOST}),
        frozenset({f"http://{HOST}"}),
        16_384,
        WITHIN_S,
        50,
        50,
        lambda peer, told: networks.name(client_address(peer, told, proxies), node.clock()),
        gate,
    )
    opened = await listen(
        Quart("empty"),
        Config(),
        lambda slug: Conversation(node, hub, slug),
        door,
        bind("127.0.0.1", 0),
        None,
    )
    works = tail.run(), tail.listen(), batcher.run(), tell_elsewhere(node, elsewhere_s)
    tasks = [asyncio.create_task(work) for work in works]
    yield Half(opened, node, hub)
    opened.close()
    await opened.drain(0.0)
    while waiting := {task for task in tasks if not task.done()}:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.2)


def signed(joined: SignInToken, until: int, lang: str = "en") -> str:
    """A ticket as the API would give it."""
    who, soon = joined.sign_in, int(time.time() * 1000) + 60_000  # NOW may be minutes old
    claims = ticket.TicketClaims(
        who.meeting, who.role, who.voter, who.label, digest(joined.token), soon, until, lang
    )
    return ticket.sign(SECRET, claims)


def dial(port: Port, town: Town, **headers: str) -> connect:
    """A socket to the meeting."""
    return connect(
        f"ws://{HOST}/live/{town.meeting.slug}",
        host="127.0.0.1",
        port=port.number,
        origin=Origin(f"http://{HOST}"),
        additional_headers=headers,
        proxy=None,
        open_timeout=WITHIN_S,
    )


async def greet(socket: ClientConnection, word: str, device: str = "abc") -> None:
    """Say hello with a ticket."""
    await socket.send(json.dumps({"t": "hello", "ticket": word, "d": device}))


async def settled(half: Half) -> None:
    """Return once no connection has work under way: each has looked whether its sign-in still stands."""
    async with asyncio.timeout(WITHIN_S):
        while half.node._tasks:
            await asyncio.sleep(0.005)


async def hear(socket: ClientConnection, kind: str) -> dict[str, object]:
    """The next message of this kind; others are passed over."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            told: dict[str, object] = json.loads(await socket.recv())
            if told["t"] == kind:
                return told


async def end_of(socket: ClientConnection) -> int | None:
    """The code with which the server ends the connection."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(WITHIN_S):
            while True:
                await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else None
