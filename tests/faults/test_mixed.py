"""Several faults at once, in any order, over two servers that are replaced again and again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import storm
from tests.faults.conftest import Tell
from tests.faults.machine import Machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import ROOT, Run, clean_environ, command, eventually, free_port

BLOWS = 12  # in a round
WITHIN_S = 400.0  # `restart` gives up by itself before
KILLED, ENDED, FROZEN = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP
FALL: list[tuple[str, signal.Signals]] = [
    *(("server", number) for number in (KILLED, KILLED, ENDED, FROZEN)),
    *(("store", number) for number in (KILLED, FROZEN)),
    *((role, KILLED) for role in ("sequencer", "worker", "clock")),
]


def restarted(data: Path) -> None:
    """Ask for new processes; where one is killed on its way, the old ones go on."""
    words = command("restart", "--data", str(data))
    subprocess.run(words, cwd=ROOT, env=clean_environ(), timeout=WITHIN_S, check=False)


async def struck(run: Run, luck: random.Random) -> None:
    """One process of some role is killed, told to end, or frozen for a while; it may be gone already."""
    role, number = luck.choice(FALL)
    there = await asyncio.to_thread(run.children, role)
    if not there:
        return
    pid = luck.choice(there)
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        if number is FROZEN:
            await asyncio.sleep(luck.uniform(0.5, 2.5))
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def two_servers(tmp_path: Path) -> Iterator[Machine]:
    """A machine with two servers on one port; it ends also where the test fails."""
    arguments = "--servers", "2", "--port", str(free_port()), "--data", str(tmp_path / "data")
    made = Machine(tmp_path, Run(arguments))
    made.run.start()
    yield made
    made.run.stop()


@pytest.mark.faults
async def test_what_was_acknowledged_outlives_any_mix_of_faults(
    two_servers: Machine, rounds: int, tell: Tell
) -> None:
    made = two_servers
    luck = random.Random(7)

    async def mixed(machine: Machine) -> None:
        restarting: list[asyncio.Task[None]] = []
        for blow in range(BLOWS):
            if blow % 4 == 0:
                restarting.append(asyncio.create_task(asyncio.to_thread(restarted, machine.data)))
            await struck(machine.run, luck)
            await asyncio.sleep(luck.uniform(0.2, 4.0))
        await asyncio.gather(*restarting)

    tell(await storm.storm(made, mixed, rounds=rounds))
    eventually(lambda: len(made.run.children("server")) == 2, "both servers")
    assert made.run.stop() == 0
    judge_proofs(made, made.receipts)
