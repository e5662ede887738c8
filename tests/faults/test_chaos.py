"""Questions pour straight into the intake while sequencer and store are killed again and again: the receipt
of every one that was taken, and every proof that was ever given, holds in the final log, and all published
checkpoints are of one history."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.store import keys, submissions, typed
from server.store.client import connect
from server.translog import tree
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.note import VerifierKey
from tests.acts.building import NOW, live_town
from tests.faults.conftest import Tell
from tests.faults.machine import Machine, machine
from tests.faults.proofs import Told, judge_proofs, judge_told
from tests.launch.running import free_port, get
from tools.bench.submitting import taking
from workers.sequencer.leaves import LeafStore

RATE, SLICE_S = 1_500, 0.02
KILLS = 12


@dataclass(slots=True)
class Flood:
    """What was asked, what was given for it, and every checkpoint that was seen."""

    meeting: Meeting
    asked: deque[str] = field(default_factory=deque)
    unheard: deque[list[str]] = field(default_factory=deque)
    taken: int = 0
    told: dict[str, Told] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    heads: dict[int, bytes] = field(default_factory=dict)
    over: bool = False

    async def pour(self, store: Redis) -> None:
        """RATE a second by intention; what a dead store does not take is asked no more."""
        due = time.monotonic()
        while not self.over:
            due = max(due + SLICE_S, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            pipe, qs = store.pipeline(transaction=False), []
            for _ in range(int(RATE * SLICE_S)):
                q = from_bytes(secrets.token_bytes(16))
                used, told = taking(self.meeting.id, q, f"Is {q} among them?", NOW)
                pipe.fcall(submissions.FUNCTION, len(used), *used, *told)
                qs.append(q)
            try:
                await pipe.execute()
            except RedisError:
                continue
            self.taken += len(qs)
            self.asked.append(qs[0])
            self.unheard.append(qs)

    async def hear(self, store: Redis) -> None:
        """Of every question that was taken: what its receipt is made of, as it was told first."""
        while not (self.over and not self.unheard):
            qs = self.unheard.popleft() if self.unheard else []
            pipe = store.pipeline(transaction=False)
            for q in qs:
                pipe.hmget(keys.question(self.meeting.id, q), ["number", "leaf", "covered"])
            try:
                found = dict(zip(qs, await pipe.execute(), strict=True))
            except RedisError:
                found = {}
            heard = {q: row for q, row in found.items() if row[2] is not None}
            for q, (number, index, note) in heard.items():
                self.told[q] = Told(int(number), int(index), str(note))
            if late := [q for q in qs if q not in heard]:
                self.unheard.appendleft(late)
            await asyncio.sleep(0.1 if late or not qs else 0)

    async def collect(self, url: str) -> None:
        """Ask for the proof of one question of each slice until it is there, and for checkpoints."""
        base = f"/log/{log_id(self.meeting.id)}"
        while not (self.over and not self.asked):
            q = self.asked.popleft() if self.asked else None
            if q is not None:
                status, text = await asyncio.to_thread(get, url, f"{base}/receipt/{q}.tlog-proof")
                if status == 200:
                    self.receipts[q] = text
                else:
                    self.asked.append(q)
            status, note = await asyncio.to_thread(get, url, f"{base}/checkpoint")
            if status == 200:
                head = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
                assert self.heads.setdefault(head.size, head.root) == head.root
            await asyncio.sleep(0.01)


@pytest.mark.faults
async def test_no_kill_of_sequencer_or_store_breaks_a_proof_that_was_given(
    tmp_path: Path, tell: Tell
) -> None:
    made = machine(tmp_path, free_port(), None)
    made.run.start()
    store = connect(json.loads((made.data / "run.json").read_text())["store_url"])
    flood, choose = Flood((await live_town(store)).meeting), random.Random(11)
    async with asyncio.TaskGroup() as group:
        group.create_task(flood.pour(store))
        collecting = group.create_task(flood.collect(made.run.url))
        hearing = group.create_task(flood.hear(store))
        for turn in range(KILLS):
            await asyncio.sleep(choose.uniform(0.3, 1.5))
            await asyncio.to_thread(made.kill, "store" if turn % 4 == 3 else "sequencer")
        flood.over = True
        async with asyncio.timeout(120):
            await asyncio.gather(collecting, hearing)
    numbered = await _numbered(store, flood)
    await store.aclose()
    assert made.run.stop() == 0
    judge_proofs(made, flood.receipts)
    _one_history(made, flood)
    assert len(flood.told) == flood.taken
    tell(
        f"{KILLS} kills, {flood.taken} taken, {numbered} numbered; {len(flood.told)} receipts of the"
        f" intake, {len(flood.receipts)} proofs from the log's door and {len(flood.heads)} checkpoints held,"
        " 0 violated"
    )


async def _numbered(store: Redis, flood: Flood) -> int:
    """All that was acknowledged has its number, without gaps and without doubles."""

    async def told() -> int:
        return int(await typed.hget(store, keys.cursor(flood.meeting.id), "numbered") or 0)

    async with asyncio.timeout(60):
        while await told() < flood.taken:
            await asyncio.sleep(0.1)
    numbers = await store.hlen(keys.numbers(flood.meeting.id))
    assert numbers == await told() >= flood.taken
    return int(numbers)


def _one_history(made: Machine, flood: Flood) -> None:
    leaves = LeafStore(made.data / "log" / "leaves.sqlite3")
    held, state = leaves.leaves(flood.meeting.id, 0, 10**9), leaves.states()[flood.meeting.id]
    leaves.close()
    judge_told(held, VerifierKey.parse(state.vkey), flood.told)
    node = tree.nodes_of([tree.leaf_hash(one) for one in held])
    for size, root in flood.heads.items():
        assert tree.root(size, node) == root
    assert len(flood.heads) > KILLS
