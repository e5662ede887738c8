"""A server that everything holds up ends by itself all the same, before anybody would kill it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from websockets.frames import Frame, Opcode

from server.acts import admission
from server.acts.admission import SignInToken
from server.domain.ids import digest
from server.ending import patience_s
from server.hypercorn_config import FILE, read_config
from server.protocol import ticket
from server.store import keys
from server.store.client import connect
from tests.acts.building import Town, live_town
from tests.faults.conftest import Tell
from tests.launch.running import ANSWER_S, Run, free_port

TURNS, FILL = 60, "x" * 8_000  # more than the kernel and we hold for one reader


class Guest:
    """Somebody who says what the bytes say, and from then on is no good listener."""

    def __init__(self, url: str, said: str, taken: int = 0) -> None:
        where = urlsplit(url)
        self.line = socket.socket()
        self.line.settimeout(ANSWER_S)
        if taken:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, taken)
        self.line.connect((where.hostname, where.port))
        self.line.sendall(said.replace("\n", "\r\n").replace("HOST", where.netloc).encode())

    def say(self, message: dict[str, object]) -> None:
        frame = Frame(Opcode.TEXT, json.dumps(message).encode())
        self.line.sendall(frame.serialize(mask=True))


def word(run: Run, data: Path, joined: SignInToken, now: int) -> str:
    """A ticket as the run's servers make it."""
    who = joined.sign_in
    claims = ticket.TicketClaims(
        who.meeting, who.role, who.voter, "", digest(joined.token), now + 60_000, now + 600_000
    )
    return ticket.sign((data / "secret").read_bytes(), claims)


@asynccontextmanager
async def store_of(data: Path) -> AsyncIterator[Redis]:
    store = connect(json.loads((data / "run.json").read_text())["store_url"], timeout_s=ANSWER_S)
    yield store
    await store.aclose()


async def held_up(run: Run, data: Path, store: Redis) -> list[Guest]:
    """Each kind of guest that an end waits for; the store stands still over a vote of one."""
    town = await live_town(store)
    question, now = await town.listed(), int(time.time() * 1000)
    slug = town.meeting.slug
    people = [await admission.join(store, town.meeting, town.meeting.code, now) for _ in "ab"]
    words = [word(run, data, one, now) for one in people]
    asks = f"GET /api/v1/meetings/{slug}/events?d=abc HTTP/1.1\nHost: HOST\nOpenfloor-Ticket: {words[0]}\n\n"
    stalls = Guest(run.url, asks, taken=4_096)
    assert b" 200 " in stalls.line.recv(64)
    opens = f"GET /live/{slug} HTTP/1.1\nHost: HOST\nOrigin: {run.url}\nUpgrade: websocket\n"
    opens += "Connection: Upgrade\nSec-WebSocket-Version: 13\n"
    votes = Guest(run.url, f"{opens}Sec-WebSocket-Key: {'A' * 22}==\n\n")
    votes.say({"t": "hello", "ticket": words[1], "d": "xyz"})
    told = b""
    while b'"snapshot"' not in told:
        told += votes.line.recv(65_536)
    await flood(store, town, question.q)
    half = Guest(run.url, "POST /join HTTP/1.1\nHost: HOST\nContent-Length: 100\n\n{")
    head = Guest(run.url, "GET / HTTP/1.1\nHost: HOST\n")
    (frozen,) = run.children("store")
    os.kill(frozen, signal.SIGSTOP)
    votes.say({"t": "vote", "n": question.number, "on": True, "c": now, "r": 1})
    return [stalls, votes, half, head]


async def flood(store: Redis, town: Town, q: str) -> None:
    """Long changes, one after the other."""
    m = town.meeting.id
    for turn in range(TURNS):
        await store.hset(keys.question(m, q), "text", f"{turn} {FILL}")
        await store.xadd(keys.events(m), {"t": "question", "q": q, "s": "listed", "r": 1})
        await store.publish(keys.WAKE, m)
        await asyncio.sleep(0.05)  # a tick of its own each


@pytest.mark.faults
async def test_a_server_that_everything_holds_up_ends_by_itself(tmp_path: Path, tell: Tell) -> None:
    data = tmp_path / "data"
    run = Run(("--data", str(data), "--port", str(free_port())))
    await asyncio.to_thread(run.start)
    await asyncio.to_thread(run.ready)
    (server,), (frozen,) = run.children("server"), run.children("store")
    try:
        async with store_of(data) as store:
            guests = await held_up(run, data, store)
            began = time.monotonic()
            os.kill(server, signal.SIGTERM)
            # The parent's words: one that is told to end in that moment tells nothing of its children.
            await asyncio.to_thread(run.wait_for, "server 1 ended with")
            took = time.monotonic() - began
            os.kill(frozen, signal.SIGCONT)
    finally:
        os.kill(frozen, signal.SIGCONT)
        assert await asyncio.to_thread(run.stop) == 0
    assert "server 1 ended with 0" in run.text  # neither cut short nor killed
    assert took < patience_s(read_config(FILE).graceful_timeout)
    for guest in guests:
        guest.line.close()
    tell(f"a server that everything holds up ended by itself after {took:.1f} s")
