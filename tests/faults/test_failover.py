"""Behind Sentinels: an acknowledged vote or question survives a failover, and nobody is told "saved"
while no replica has it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from websockets.asyncio.client import ClientConnection

from server.acts import admission, erase
from server.store import erasing, keys
from server.store.call import TooFewReplicas, call
from server.store.client import POOL, connect
from server.store.loader import load
from tests.acts.building import NOW, live_town
from tests.faults import storm
from tests.faults.conftest import Tell
from tests.faults.machine import Machine
from tests.faults.proofs import judge_proofs
from tests.faults.sentinels import NEVER_MS, Guarded, guarded
from tests.launch.running import ROOT, Run, eventually, free_port
from tests.live.half import WITHIN_S, dial, greet, hear, live_half, signed

T = TypeVar("T")
CANARY = b"zq-canary-name"
EVERYBODY = ("ACL", "SETUSER", "default")
LOOK_S = 0.5  # slower than anybody may vote


async def test_without_a_replica_nothing_is_acknowledged_and_with_it_again_all_goes_on(
    tmp_path: Path,
) -> None:
    with guarded(tmp_path, NEVER_MS) as stores:
        leader, replica = stores.stores
        client = connect(stores.url, timeout_s=WITHIN_S, replicas=1)
        await _taken(partial(load, client))
        # More at once than there are connections: they wait for one.
        assert all(await asyncio.gather(*(client.ping() for _ in range(3 * POOL))))
        town = await _taken(partial(live_town, client))
        question = await _taken(town.listed)
        meeting = town.meeting
        joined = await _taken(lambda: admission.join(client, meeting, meeting.code, NOW))
        async with live_half(client) as half, dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "welcome")
            vote = {"t": "vote", "n": question.number, "on": True, "c": 1, "r": 7}
            stores.end(replica)
            with pytest.raises(TooFewReplicas):
                await call(client, "count_exposure", [keys.exposure("m"), keys.events("m")], [1, 1])
            await socket.send(json.dumps(vote))
            told = await hear(socket, "refused")
            assert (told["r"], told["code"]) == (7, "not_saved")
            stores.start(replica, leader=leader)
            await asyncio.to_thread(_repeatable, stores)
            told = await _acknowledged(socket, json.dumps(vote))
            assert told.pop("at")
            assert told == {"t": "ack", "r": 7, "n": vote["n"], "on": True, "votes": 1}
        await client.aclose()


async def test_erased_words_are_in_the_file_of_no_replica_either(tmp_path: Path) -> None:
    def told(port: int) -> bool:
        kept = b""
        for path in (tmp_path / str(port)).rglob("*"):
            with contextlib.suppress(
                FileNotFoundError, IsADirectoryError
            ):  # what it writes anew goes
                kept += path.read_bytes()
        return CANARY in kept

    with guarded(tmp_path, NEVER_MS) as stores:
        leader, replica = stores.stores
        client = connect(stores.url, timeout_s=WITHIN_S)
        await load(client)
        town = await live_town(client)
        asker = await town.attendee()
        question = await town.ask(asker, f"Who is {CANARY.decode()}?")
        await asyncio.to_thread(eventually, partial(told, replica), "the replica keeps it")
        assert told(leader)
        await asyncio.to_thread(stores.does, replica, *EVERYBODY, "-bgrewriteaof")
        done = await erase.erase_own(client, town.meeting, asker, question.q, "", NOW)
        assert not done.rewritten and told(replica)  # it is kept in mind, not taken for done
        await asyncio.to_thread(stores.does, replica, *EVERYBODY, "+bgrewriteaof")
        async with asyncio.timeout(4 * WITHIN_S):
            while not await erase.settle(client, town.meeting.id):
                await asyncio.sleep(LOOK_S)
        assert not told(leader) and not told(replica)
        assert not await erasing.owed(client, [town.meeting.id])
        await client.aclose()


@pytest.mark.faults
def test_what_the_store_is_tested_for_holds_behind_sentinels_too() -> None:
    files = [
        "tests/store",
        "tests/acts",
        "tests/live/test_batcher.py",
        "tests/live/test_histories.py",
    ]
    # Erasing is held against the file of one store that the test can read.
    without = ["--ignore", "tests/acts/test_erasing.py"]
    told = ["-q", "-p", "no:cacheprovider", "-n", "0", "--sentinels", *without, *files]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *told],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:]


async def _taken(act: Callable[[], Awaitable[T]]) -> T:
    """What an act gives once the replica has its change in time, which on a busy machine it may not
    have at the first trial."""
    async with asyncio.timeout(4 * WITHIN_S):
        while True:
            with contextlib.suppress(TooFewReplicas):
                return await act()


async def _acknowledged(socket: ClientConnection, vote: str) -> dict[str, object]:
    """The acknowledgement of a vote that is sent, as the page does, with the same counter until then."""
    async with asyncio.timeout(4 * WITHIN_S):
        while True:
            await socket.send(vote)
            while (told := json.loads(await socket.recv()))["t"] not in ("ack", "refused"):
                pass
            if told["t"] == "ack":
                return dict(told)
            assert told["code"] == "not_saved"
            await asyncio.sleep(LOOK_S)


def _repeatable(stores: Guarded) -> None:
    def confirmed() -> bool:
        told = stores.says(stores.stores[0], "INFO", "replication")
        return isinstance(told, dict) and told.get("slave0", {}).get("state") == "online"

    eventually(confirmed, "the replica is there again")


@pytest.mark.faults
async def test_what_was_acknowledged_survives_a_failover(
    tmp_path: Path, rounds: int, tell: Tell
) -> None:
    with guarded(tmp_path) as stores:

        async def leader_killed(machine: Machine) -> None:
            """kill -9 of the leading store; later it comes back and follows the new one."""
            fallen = stores.leader()
            stores.end(fallen)
            led = "the other store leads"
            await asyncio.to_thread(eventually, lambda: stores.leader() not in (0, fallen), led)
            stores.start(fallen, leader=stores.leader())

        arguments = ("--port", str(free_port()), "--data", str(tmp_path / "data"))
        machine = Machine(tmp_path, Run(arguments, {"REDIS_URL": stores.url}))
        machine.run.start()
        tell(await storm.storm(machine, leader_killed, rounds=rounds))
        assert machine.run.stop() == 0
        judge_proofs(machine, machine.receipts)
