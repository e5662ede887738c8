"""A server with 2,000 sockets is killed: everybody is back in time, with the votes that they had."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Tell
from tests.faults.crowd import Crowd, gathered
from tests.faults.machine import machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import free_port
from tools.bench.machine import raise_open_files
from tools.replay.attendee import Attendee
from tools.replay.door import Door
from tools.replay.http import JsonClient
from tools.replay.stage import sign_in

PEOPLE, BACK_S = 2_000, 45.0


async def _back(attendee: Attendee, killed: asyncio.Event) -> float:
    """When this person was on a new socket, after the old one had ended."""
    reader = attendee._reader
    assert reader is not None and not reader.done()
    await asyncio.wait((reader,))
    assert killed.is_set(), "it ended before anything was killed"
    await attendee._drop()
    await attendee.open()
    return time.monotonic()


async def _voted(crowd: Crowd, at: int, name: str, attendee: Attendee) -> None:
    n = crowd.numbers[at % len(crowd.numbers)]
    fate = await attendee.vote(n, True)
    if fate.code != "own_question":
        assert not fate.code
        crowd.ledger.wishes.setdefault(name, {})[n] = True
        crowd.ledger.heard()


@pytest.mark.faults
async def test_two_thousand_are_back_with_their_votes(tmp_path: Path, tell: Tell) -> None:
    raise_open_files()
    made = machine(tmp_path, free_port(), None)
    made.run.environ = {"OPENFLOOR_LIMIT_NETWORK_PER_MIN": "1000000"}
    await asyncio.to_thread(made.run.start)
    door = Door(JsonClient(made.run.url))
    organiser = await sign_in(door, made.run.link.rpartition("#")[2])
    crowd = await gathered(made.run.url, organiser, PEOPLE)
    people = list(crowd.stage.attendees.items())
    await asyncio.gather(*(_voted(crowd, at, *one) for at, one in enumerate(people)))
    killed = asyncio.Event()
    for _, one in people:
        if one._reader is None:  # whose own question it was: not connected yet
            await one.open()
    coming = [asyncio.create_task(_back(one, killed)) for _, one in people]
    await asyncio.sleep(0)
    began = time.monotonic()
    killed.set()
    made.kill("server")
    back = sorted(at - began for at in await asyncio.gather(*coming))
    told = await crowd.judge()
    await crowd.leave()
    door.http.close()
    assert await asyncio.to_thread(made.run.stop) == 0
    judge_proofs(made, made.receipts)
    assert back[-1] < BACK_S
    tell(
        f"server killed under {PEOPLE} sockets: half back after {back[PEOPLE // 2]:.1f} s, all after"
        f" {back[-1]:.1f} s; {told}"
    )
