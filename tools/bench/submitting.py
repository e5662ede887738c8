"""How long an asker waits for the receipt: through the HTTP door, and straight into the intake."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from server.acts.admission import SignInToken
from server.domain.ids import from_bytes
from server.store import events, keys, submissions, typed
from server.store.client import connect
from server.translog import leaf
from tools.bench import machine, product
from tools.bench.product import PATIENCE_S, Product, Stage
from tools.replay.http import JsonClient, NoAnswer

HTTP_RATES = (10, 200, 0)
INTAKE_RATES = (500, 2_000)
PEOPLE = 400
CLIENTS = 128
LIMITS = {"network_per_min": 1_000_000}
SLICE_S = 0.01
SETTLE_S = 30.0
TEXT = "Question {} of the bench: when does the second building open, and who moves in first?"


@dataclass(frozen=True, slots=True)
class Point:
    """One way in at one rate (0: CLIENTS go as fast as they can, each waiting for its answer)."""

    way: str
    rate: int
    per_s: float
    p50_ms: float
    p99_ms: float
    without: int
    server_cores: float
    store_cores: float
    load_average: str


Waits = list[float]
Work = Callable[[Product, Stage, int, float], Awaitable[tuple[Waits, int]]]


async def _paced(rate: int, seconds: float) -> AsyncIterator[float]:
    """The moments at which one is meant to leave, each as soon as it has come."""
    start = time.monotonic()
    for at in range(int(rate * seconds)):
        due = start + at / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        yield due


async def _over_http(up: Product, stage: Stage, rate: int, seconds: float) -> tuple[Waits, int]:
    """A submission is answered when its leaf is under a signed checkpoint; 202 is asked again."""
    client = JsonClient(up.origin, lines=256)
    where, people = (
        f"/api/v1/meetings/{stage.meeting.slug}/questions",
        itertools.cycle(stage.people),
    )
    waits, without = list[float](), 0

    async def one(due: float, person: SignInToken, end: float) -> None:
        nonlocal without
        body: dict[str, object] = {"q": from_bytes(secrets.token_bytes(16))}
        body["text"] = TEXT.format(body["q"])
        while time.monotonic() < end:
            try:
                answer = await client.request("POST", where, token=person.token, body=body)
            except NoAnswer:
                continue
            if answer.status == 201:
                waits.append((time.monotonic() - due) * 1000)
                return
            if answer.status not in (202, 429, 503):
                raise AssertionError(f"status {answer.status}: {answer.body}")
            await asyncio.sleep(0.05)
        without += 1

    async with asyncio.TaskGroup() as group:
        if rate:
            async for due in _paced(rate, seconds):
                group.create_task(one(due, next(people), due + SETTLE_S))
        else:
            await _as_fast_as_it_goes(one, stage, seconds)
    client.close()
    return waits, without


async def _as_fast_as_it_goes(
    one: Callable[[float, SignInToken, float], Awaitable[None]], stage: Stage, seconds: float
) -> None:
    end = time.monotonic() + seconds

    async def client(person: SignInToken) -> None:
        while time.monotonic() < end:
            await one(time.monotonic(), person, end + SETTLE_S)

    await asyncio.gather(*map(client, stage.people[:CLIENTS]))


async def _into_intake(up: Product, stage: Stage, rate: int, seconds: float) -> tuple[Waits, int]:
    """The function that takes a submission, called in slices of ten milliseconds; the number, which
    follows the signature, is heard on the meeting's own stream."""
    store, waiting, waits = (
        connect(up.store_url, timeout_s=PATIENCE_S),
        dict[str, float](),
        list[float](),
    )
    position = await typed.last_entry(store, keys.events(stage.meeting.id))
    hearing = asyncio.create_task(_hear(store, stage.meeting.id, position, waiting, waits))
    async for due in _paced(round(1 / SLICE_S), seconds):
        pipe = store.pipeline(transaction=False)
        for _ in range(rate // round(1 / SLICE_S)):
            q = from_bytes(secrets.token_bytes(16))
            waiting[q] = due
            used, told = taking(stage.meeting.id, q, TEXT.format(q), time.time_ns() // 1_000_000)
            pipe.fcall(submissions.FUNCTION, len(used), *used, *told)
        await pipe.execute()
    until = time.monotonic() + SETTLE_S
    while waiting and time.monotonic() < until:
        await asyncio.sleep(0.05)
    hearing.cancel()
    await store.aclose()
    return waits, len(waiting)


def taking(meeting: str, q: str, text: str, now: int) -> tuple[list[str], list[str | int]]:
    """A question as the one function call that takes it: keys and arguments."""
    salt = secrets.token_bytes(leaf.SALT_BYTES)
    c = leaf.commitment(salt, leaf.opening(meeting, q, text, "en", None))
    fields = {"text": text, "lang": "en", "name": "", "dir": "ltr", "salt": salt.hex(), "c": c}
    entry = leaf.intent("q.received", q=q, c=c, hl=None, via="import", assurance="A0")
    return submissions.command(meeting, q, 1, fields, entry, q, now)


async def _hear(
    store: Redis, meeting: str, position: str, waiting: dict[str, float], waits: Waits
) -> None:
    while True:
        found = (await events.since(store, {meeting: position})).get(meeting, [])
        now = time.monotonic()
        position = found[-1][0] if found else position
        told = [entry.get("run", "") for _, entry in found if entry.get("t") == "numbered"]
        for q in [q for run in told for q in run.split()[::2] if q in waiting]:
            waits.append((now - waiting.pop(q)) * 1000)
        await asyncio.sleep(0.005)


async def point(up: Product, way: str, rate: int, seconds: float) -> Point:
    """One way ("HTTP" or "intake") at one rate, in a meeting of its own."""
    stage = await product.set_up(up, PEOPLE, 0, listed=False)
    before, began = up.cpu(), time.monotonic()
    waits, without = await WAYS[way](up, stage, rate, seconds)
    took = time.monotonic() - began
    used = {name: (after - before[name]) / took for name, after in up.cpu().items()}
    ordered = sorted(waits) or [float("nan")]
    return Point(
        way=way,
        rate=rate,
        per_s=round(len(waits) / took, 1),
        p50_ms=round(ordered[len(ordered) // 2], 1),
        p99_ms=round(ordered[int(len(ordered) * 0.99)], 1),
        without=without,
        server_cores=round(used["server"], 2),
        store_cores=round(used["store"], 2),
        load_average=machine.busy(),
    )


WAYS: dict[str, Work] = {"HTTP": _over_http, "intake": _into_intake}


async def _points(up: Product, seconds: float) -> list[Point]:
    asked = [*(("HTTP", rate) for rate in HTTP_RATES), *(("intake", rate) for rate in INTAKE_RATES)]
    return [await point(up, way, rate, seconds) for way, rate in asked]


def run(seconds: float) -> list[Point]:
    """Each way and rate once, on one running Openfloor."""
    with product.running(LIMITS, machine.cores()) as up:
        return asyncio.run(_points(up, seconds))


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
