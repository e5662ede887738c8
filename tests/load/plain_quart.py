"""The yardstick: the live path as one writes it with Quart's websockets and no further thought.

A queue for each client, JSON made for each client, one function call of the store for each vote. It
speaks the product's messages, checks the same tickets and calls the same durable store function, so
that the bench's clients and ledger work on both. It is kind to itself: totals are told four times a
second, not with every vote, which would end it at some twenty votes a second.

    python -m tests.load.plain_quart STORE_URL SECRET_HEX MEETING PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, request, websocket
from redis.asyncio import BlockingConnectionPool, Redis

from server.protocol import ticket
from server.store import boards, votes
from server.store.votes import Wish, slot_of

TICK_S = 0.25
Message = dict[str, object]


class Room:
    """What the clients share: who listens, the questions, the totals that changed."""

    def __init__(self, store_url: str, meeting: str) -> None:
        self.store = Redis(connection_pool=_pool(store_url))
        self.meeting = meeting
        self.clients: set[asyncio.Queue[Message]] = set()
        self.rows: list[Message] = []
        self.ids: dict[int, str] = {}
        self.changed: dict[int, int] = {}
        self.told = 0

    async def load(self) -> None:
        """Read the questions once."""
        for row in await boards.all_rows(self.store, self.meeting, None):
            self.rows.append(row.wire())
            self.ids[row.n] = row.q

    async def tick(self) -> None:
        """Tell everybody what changed, until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.changed:
                tallies = [[n, count] for n, count in sorted(self.changed.items())]
                self.changed = {}
                message = {"t": "delta", "from": f"{self.told}-0", "to": f"{self.told + 1}-0"}
                self.told += 1
                for queue in self.clients:
                    queue.put_nowait({**message, "rows": [], "tallies": tallies, "gone": []})

    async def vote(self, message: Message, voter: int) -> Message:
        """Count one vote durably and say so."""
        n, on, counter = int(str(message["n"])), bool(message["on"]), int(str(message["c"]))
        wish = Wish(self.ids[n], voter, on, counter, slot_of("bench"))
        answer = (await votes.cast(self.store, self.meeting, [wish]))[0]
        if answer.status != votes.COUNTED:
            return {"t": "refused", "r": message["r"], "code": str(answer.status)}
        self.changed[n] = max(self.changed.get(n, 0), answer.votes)
        return {"t": "ack", "r": message["r"], "n": n, "on": on, "votes": answer.votes}


def _pool(store_url: str) -> BlockingConnectionPool:
    # Who finds no free connection waits: an exception would end its socket, and flatter the others.
    return BlockingConnectionPool.from_url(
        store_url, max_connections=64, timeout=None, decode_responses=True
    )


def encode(message: Message) -> str:
    """Compact, as the bench's clients expect it."""
    return json.dumps(message, separators=(",", ":"))


def create(room: Room, secret: bytes) -> Quart:
    """The application."""
    app = Quart(__name__)

    @app.before_serving
    async def start() -> None:
        await room.load()
        app.add_background_task(room.tick)

    @app.post("/feed")
    async def feed() -> str:
        """New totals from outside, for the bench of the fan-out alone."""
        room.changed.update({int(n): int(count) for n, count in await request.get_json()})
        return ""

    @app.websocket("/live/<slug>")
    async def live(slug: str) -> None:
        hello = json.loads(await websocket.receive())
        claims = ticket.verify(secret, hello["ticket"], time.time_ns() // 1_000_000)
        queue: asyncio.Queue[Message] = asyncio.Queue()
        await websocket.send(encode({"t": "welcome", "role": claims.role.value}))
        await websocket.send(encode({"t": "snapshot", "rows": room.rows}))
        room.clients.add(queue)

        async def tell() -> None:
            while True:
                await websocket.send(encode(await queue.get()))

        sender = asyncio.create_task(tell())
        try:
            while True:
                message = json.loads(await websocket.receive())
                if message["t"] == "vote" and claims.voter is not None:
                    await queue.put(await room.vote(message, claims.voter))
        finally:
            room.clients.discard(queue)
            sender.cancel()

    return app


def main() -> None:
    """Serve until ended."""
    store_url, secret, meeting, port = sys.argv[1:]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.backlog = 4096
    app = create(Room(store_url, meeting), bytes.fromhex(secret))
    uvloop.run(serve(app, config))


if __name__ == "__main__":
    main()
