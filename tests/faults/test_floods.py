"""Whatever one client sends: it gets the right code, nobody else is cut or waits, memory is bounded."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.faults.conftest import Tell
from tests.faults.crowd import PEOPLE, QUESTIONS, Crowd, gathered
from tests.faults.machine import Machine, machine
from tests.faults.neighbour import held_kb, let_in, most_kb, neighbour, server_of
from tests.launch.running import free_port
from tools.bench.attacks import ATTACKS, Attack, Target, carry_out
from tools.replay.attendee import Attendee
from tools.replay.door import Door
from tools.replay.http import JsonClient
from tools.replay.stage import sign_in

PATIENCE_S = 5  # for a handshake and a first message; ten by default
MORE_KB = 5_000
WAIT_MS = 15_000.0  # on a machine that stands still for itself; the bench measures it
SOCKETS, AT_ONCE = 1_000, 10  # more at once would make this process late with its own hellos


@pytest_asyncio.fixture(scope="module")
async def hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Machine, Crowd]]:
    """A server with a meeting, for all floods."""
    made = machine(tmp_path_factory.mktemp("machine"), free_port(), None)
    made.run.environ = {"OPENFLOOR_LIMIT_HANDSHAKE_S": str(PATIENCE_S)}
    await asyncio.to_thread(made.run.start)
    door = Door(JsonClient(made.run.url))
    crowd = await gathered(made.run.url, await sign_in(door, made.run.link.rpartition("#")[2]))
    yield made, crowd
    await crowd.leave()
    door.http.close()
    assert await asyncio.to_thread(made.run.stop) == 0


def target(crowd: Crowd) -> Target:
    """Where the floods go."""
    return Target(urlsplit(crowd.url).port or 0, f"/live/{crowd.stage.slug}", crowd.url)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_a_flood_gets_its_code_and_touches_nobody_else(
    hall: tuple[Machine, Crowd], attack: Attack, tell: Tell
) -> None:
    made, crowd = hall
    await asyncio.to_thread(carry_out, attack, target(crowd))  # what is made once is made
    server = server_of(made)
    before = held_kb(server)
    async with neighbour(crowd.stage.attendees["person 0"]) as other:
        flooding = asyncio.create_task(asyncio.to_thread(carry_out, attack, target(crowd)))
        more = await most_kb(server, flooding) - before
    assert flooding.result() == attack.code
    assert more < MORE_KB and max(other.took_ms) < WAIT_MS
    tell(
        f"{attack.name}: code {attack.code or 'none'}, {max(0, more)} KB more,"
        f" others waited at most {max(other.took_ms):.0f} ms"
    )


async def _burst(attendee: Attendee, numbers: list[int], votes: int) -> Counter[str]:
    """So many votes at once on one socket, and what each was told."""
    socket, counter = await let_in(attendee), int(time.time() * 1000)
    for r in range(votes):
        vote = {"t": "vote", "n": numbers[r % len(numbers)], "on": r % 2 == 0, "r": r}
        await socket.send(json.dumps({**vote, "c": counter + r}))
    told: Counter[str] = Counter()
    async with asyncio.timeout(90):
        while sum(told.values()) < votes:
            answer = json.loads(await socket.recv())
            if answer["t"] in ("ack", "refused"):
                told[str(answer.get("code", "ack"))] += 1
                assert answer["t"] == "ack" or answer["retry_in"] > 0
    await socket.close()
    return told


async def test_a_flood_of_votes_is_the_flooders_own_trouble(
    hall: tuple[Machine, Crowd], tell: Tell
) -> None:
    """One account, then fifteen of one address: each has a budget of their own."""
    _, crowd = hall
    # The others asked, and may not vote on what they asked.
    people = [crowd.stage.attendees[f"person {n}"] for n in range(QUESTIONS, PEOPLE)]
    began = time.monotonic()
    async with neighbour(people[0]) as other:
        one = await _burst(people[1], crowd.numbers, 150)
        fate = await people[2].vote(crowd.numbers[0], True)
        many = await asyncio.gather(*(_burst(each, crowd.numbers, 100) for each in people[3:]))
    most = 20 + 5 * (time.monotonic() - began) + 1
    for told in (one, *many):
        assert set(told) == {"ack", "too_fast"} and 20 <= told["ack"] <= most
    assert fate.code == "" and max(other.took_ms) < WAIT_MS
    tell(
        f"one account, {one.total()} votes at once: {one['ack']} counted, the rest told when;"
        f" {len(many)} of one address, {sum(told.total() for told in many)} votes: "
        f"{sum(told['ack'] for told in many)} counted; others waited at most"
        f" {max(other.took_ms):.0f} ms"
    )


async def _hello(crowd: Crowd, one: Attendee) -> str:
    """A first message with a fresh ticket: one is good for half a minute."""
    ticket = await one._ticket(crowd.stage.path("ticket"))
    return json.dumps({"t": "hello", "ticket": ticket, "d": "abc"})


async def _stay(crowd: Crowd, hello: str, kept: list[ClientConnection]) -> int:
    """One more socket of a person: the code that ends it, 0 where it stays open, 503 at a full door."""
    where = f"ws://{urlsplit(crowd.url).netloc}/live/{crowd.stage.slug}"
    own = Origin(crowd.url)
    try:
        socket = await connect(where, origin=own, compression=None, proxy=None, open_timeout=90)
        await socket.send(hello)
        while json.loads(await socket.recv())["t"] != "welcome":
            pass
    except InvalidStatus as refused:
        return refused.response.status_code
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else -1
    kept.append(socket)
    return 0


async def test_a_thousand_sockets_of_one_person_are_three(
    hall: tuple[Machine, Crowd], tell: Tell
) -> None:
    made, crowd = hall
    one, server = crowd.stage.attendees["person 1"], server_of(made)
    kept: list[ClientConnection] = []
    codes: Counter[int] = Counter()
    hello = await _hello(crowd, one)
    await asyncio.gather(*(_stay(crowd, hello, kept) for _ in range(AT_ONCE)))
    while kept:  # what is made once is made
        await kept.pop().close()
    before = held_kb(server)
    async with neighbour(crowd.stage.attendees["person 2"]) as other:
        while codes.total() < SOCKETS:
            hello = await _hello(crowd, one)
            found = await asyncio.gather(*(_stay(crowd, hello, kept) for _ in range(AT_ONCE)))
            codes.update(found)
    assert len(kept) == codes[0] == 3
    assert set(codes) <= {0, 4409, 503} and codes[4409] > SOCKETS / 4
    assert max(other.took_ms) < WAIT_MS and held_kb(server) - before < MORE_KB
    for socket in kept:
        await socket.close()
    async with asyncio.timeout(90):
        # The server hears of the end a moment later.
        while await _stay(crowd, await _hello(crowd, one), kept):
            pass
    await kept[-1].close()
    tell(f"{SOCKETS} sockets of one person: {dict(codes)}")
