"""A whole Openfloor under test: started as a person starts it, with a meeting full of people.

Attendees are admitted by server.acts.admission against the store, questions come in through
server.acts.submit (both as the pages do it); each socket's ticket is made as the ticket's route makes
it, a moment before the sockets open, and passes the real door.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from server.acts import admission, meetings, submit
from server.acts.admission import SignInToken
from server.domain.ids import digest, from_bytes
from server.domain.meeting import Meeting
from server.protocol import ticket
from server.protocol.ticket import TicketClaims
from server.store import keys
from server.store.client import connect
from tools.bench import machine

ROOT = Path(__file__).resolve().parents[2]
START_S = 180.0  # guards: `run` itself ends in words when something does not come up,
STOP_S = 90.0  # and kills what does not end when it is told to
PATIENCE_S = 30.0  # of our own clients: a store that is slow is no failure
SIDE_BY_SIDE = 32


class BenchFailed(Exception):
    """The bench cannot go on; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Product:
    """A running Openfloor and the ids of its processes."""

    port: int
    origin: str
    store_url: str
    secret: bytes
    server: int
    store: int

    def cpu(self) -> dict[str, float]:
        """Processor seconds used so far, by process."""
        return {"server": machine.cpu_s(self.server), "store": machine.cpu_s(self.store)}


@dataclass(frozen=True, slots=True)
class Stage:
    """A live meeting with numbered questions 1 to `questions` and its admitted attendees."""

    meeting: Meeting
    questions: int
    people: list[SignInToken]

    def hellos(self, secret: bytes) -> list[str]:
        """A first message for each attendee, with a ticket that is fresh now."""
        now = time.time_ns() // 1_000_000
        return [_hello(secret, person, now) for person in self.people]


def _hello(secret: bytes, person: SignInToken, now: int) -> str:
    claims = TicketClaims(
        meeting=person.sign_in.meeting,
        role=person.sign_in.role,
        voter=person.sign_in.voter,
        label=None,
        sign_in_hash=digest(person.token),
        expires=now + ticket.LIFETIME_MS,
    )
    return json.dumps({"t": "hello", "ticket": ticket.sign(secret, claims), "d": "bench"})


@contextmanager
def running(limits: dict[str, int], cores: machine.Cores) -> Iterator[Product]:
    """Openfloor on a free port with an empty data folder; ended on leaving."""
    environ = {**os.environ, **{f"OPENFLOOR_LIMIT_{k.upper()}": str(v) for k, v in limits.items()}}
    environ.pop("REDIS_URL", None)
    with tempfile.TemporaryDirectory(prefix="openfloor-bench-") as folder:
        log, data = Path(folder) / "output.log", Path(folder) / "data"
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "server", "run", "--port", "0", "--data", str(data)],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the bench, which then stops it in order
            )
        try:
            _wait(child, log)
            yield _pinned(child.pid, data, cores)
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()  # its own children end with it
                child.wait()


def _wait(child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while b"/organise/link" not in log.read_bytes():
        if child.poll() is not None or time.monotonic() > until:
            said = log.read_text(errors="replace")[-2000:]
            raise BenchFailed(f"The server did not start:\n{said}")
        time.sleep(0.05)


def _pinned(pid: int, data: Path, cores: machine.Cores) -> Product:
    told = json.loads((data / "run.json").read_text())
    server = store = 0
    machine.pin(pid, cores.others)
    for child, command in machine.children(pid).items():
        serves = " serve" in command
        machine.pin(child, cores.server if serves else cores.others)
        server = child if serves else server
        store = child if "--appendfsync" in command or "valkey" in command else store
    if not server or not store:
        raise BenchFailed("The processes of the server were not found.")
    origin = str(told["public_url"])
    return Product(
        port=int(origin.rpartition(":")[2]),
        origin=origin,
        store_url=str(told["store_url"]),
        secret=(data / "secret").read_bytes(),
        server=server,
        store=store,
    )


async def set_up(product: Product, people: int, questions: int, *, listed: bool = True) -> Stage:
    """A live meeting, `questions` questions and `people` attendees; it lists on receipt, or what
    comes in waits for moderators."""
    store = connect(product.store_url, timeout_s=PATIENCE_S)
    try:
        now = time.time_ns() // 1_000_000
        fields = {
            "title": "Bench",
            "phase": "live",
            "asking": True,
            "voting": True,
            "after_display": listed,
            "submit_limit": 1000,
        }
        meeting = await meetings.create(store, fields, now)
        await _ask(store, product, meeting, questions, now)
        admitted = await _admit(store, meeting, people, now)
        await _numbered(store, meeting, questions, listed)
        return Stage(meeting, questions, admitted)
    finally:
        await store.aclose()


async def _ask(store: Redis, product: Product, meeting: Meeting, questions: int, now: int) -> None:
    asker = await admission.join(store, meeting, meeting.code, now)
    for number in range(questions):
        if number % 900 == 899:  # one person asks so many at most
            asker = await admission.join(store, meeting, meeting.code, now)
        await submit.submit(
            store,
            meeting,
            asker.sign_in,
            q=from_bytes(secrets.token_bytes(16)),
            text=f"Question {number} of the bench: what will change for the people on site"
            " when the second building opens next year?",
            lang="en",
            name=None,
            via="web",
            secret=product.secret,
            now=now,
        )


async def _admit(store: Redis, meeting: Meeting, people: int, now: int) -> list[SignInToken]:
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one() -> SignInToken:
        async with gate:
            return await admission.join(store, meeting, meeting.code, now)

    return list(await asyncio.gather(*(one() for _ in range(people))))


async def _numbered(store: Redis, meeting: Meeting, questions: int, listed: bool) -> None:
    until = time.monotonic() + START_S
    numbers, ranked = keys.numbers(meeting.id), keys.ranked(meeting.id)
    while await (store.zcard(ranked) if listed else store.hlen(numbers)) < questions:
        if time.monotonic() > until:
            raise BenchFailed("The questions were not listed in time.")
        await asyncio.sleep(0.05)
