"""A fault in the middle of a crowd at work, and the judgement afterwards."""

from __future__ import annotations

import asyncio

from tests.faults.crowd import PEOPLE, VOTE_EVERY_S, Crowd, gathered
from tests.faults.faults import Fault
from tests.faults.machine import Machine
from tests.launch.running import eventually, get
from tools.replay.door import Door
from tools.replay.http import JsonClient
from tools.replay.stage import sign_in

CALM_S = 0.7  # so long people are told "saved" before a fault and after it
ASKERS = 2


async def storm(machine: Machine, fault: Fault, *, rounds: int = 1) -> str:
    """The crowd votes and asks while the fault comes, `rounds` times; then all is held against the
    ledger. Says what was counted; fails in words where something acknowledged is gone or there twice."""
    crowd = await gathered(machine.run.url, await organiser(machine))
    people = list(crowd.stage.attendees.items())
    machine.voters = [attendee for _, attendee in people[ASKERS:]]
    async with asyncio.TaskGroup() as group:
        for name, attendee in people[ASKERS:]:
            group.create_task(crowd.vote(name, attendee))
        for name, attendee in people[:ASKERS]:
            group.create_task(crowd.ask(name, attendee))
        for _ in range(rounds):
            await more(crowd)
            await fault(machine)
        await more(crowd)
        crowd.leaving.set()
    await asyncio.to_thread(healed, machine)
    counted = await crowd.judge()
    await crowd.leave()
    machine.receipts.update(crowd.ledger.receipts)
    return f"{fault.__name__}, {rounds} times: {counted}"


async def more(crowd: Crowd) -> None:
    """Return when many more were told that theirs is kept."""
    end = crowd.ledger.told + int(PEOPLE / VOTE_EVERY_S * CALM_S * 0.6)
    while crowd.ledger.told < end:
        await asyncio.sleep(0.02)


async def organiser(machine: Machine) -> str:
    """The sign-in of the machine's first link; a link opens once."""
    if not machine.organiser:
        door = Door(JsonClient(machine.run.url))
        machine.organiser = await sign_in(door, machine.run.link.rpartition("#")[2])
        door.http.close()
    return machine.organiser


def healed(machine: Machine) -> None:
    eventually(lambda: get(machine.run.url, "/readyz")[0] == 200, "ready again")
