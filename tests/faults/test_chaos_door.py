"""People ask over HTTP as fast as they are answered, while sequencer and store are killed again and again:
the receipt of every question that was acknowledged is given, and holds in the final log."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.acts import admission
from server.store.client import connect
from server.translog import proof
from server.translog.note import VerifierKey
from tests.acts.building import NOW, live_town
from tests.faults.conftest import Tell
from tests.faults.machine import Machine, machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import free_port, get
from tools.replay.asking import new_id
from tools.replay.door import Door, text
from tools.replay.http import JsonClient
from workers.sequencer.leaves import LeafStore

ASKERS = 100
KILLS = 8


@dataclass(slots=True)
class Asked:
    """Every acknowledged question with the number that was told, and the receipt file of each."""

    url: str
    slug: str
    door: Door
    numbers: dict[str, object] = field(default_factory=dict)
    waiting: deque[tuple[str, str]] = field(default_factory=deque)
    receipts: dict[str, dict[str, object]] = field(default_factory=dict)
    over: bool = False
    answered: bool = False  # all who asked: nothing more comes to wait

    async def ask(self, token: str) -> None:
        """One question after the other, each until it is acknowledged."""
        where = f"/api/v1/meetings/{self.slug}/questions"
        while not self.over:
            q = new_id()
            body: dict[str, object] = {"q": q, "text": f"Is {q} among them?", "lang": "en"}
            told = await self.door.call("POST", where, token=token, body=body)
            self.numbers[q] = told["number"]
            self.waiting.append((q, text(told, "fate")))

    async def collect(self) -> None:
        """The receipt file of each, asked for until it is there."""
        while self.waiting or not self.answered:
            if not self.waiting:
                await asyncio.sleep(0.02)
                continue
            q, fate = self.waiting.popleft()
            status, told = await asyncio.to_thread(get, self.url, f"{fate}/receipt.json")
            if status == 200:
                self.receipts[q] = json.loads(told)
            else:
                self.waiting.append((q, fate))
                await asyncio.sleep(0.02)


@pytest.mark.faults
async def test_no_kill_breaks_a_receipt_that_was_given_over_http(
    tmp_path: Path, tell: Tell
) -> None:
    made = machine(tmp_path, free_port(), None)
    made.run.start()
    store = connect(json.loads((made.data / "run.json").read_text())["store_url"])
    town, choose = await live_town(store), random.Random(13)
    joined = [
        await admission.join(store, town.meeting, town.meeting.code, NOW) for _ in range(ASKERS)
    ]
    asked = Asked(made.run.url, town.meeting.slug, Door(JsonClient(made.run.url)))
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(asked.ask(one.token)) for one in joined]
        collecting = group.create_task(asked.collect())
        for turn in range(KILLS):
            await asyncio.sleep(choose.uniform(0.3, 1.5))
            await asyncio.to_thread(made.kill, "store" if turn % 4 == 3 else "sequencer")
        await asyncio.sleep(1.0)
        asked.over = True
        took = time.monotonic() - began
        async with asyncio.timeout(120):
            await asyncio.gather(*asking)
            asked.answered = True
            await collecting
    asked.door.http.close()
    await store.aclose()
    assert made.run.stop() == 0
    assert asked.receipts.keys() == asked.numbers.keys()
    judge_proofs(made, {q: str(told["proof"]) for q, told in asked.receipts.items()})
    _judge(made, town.meeting.id, asked)
    tell(
        f"{KILLS} kills, {len(asked.numbers)} acknowledged over HTTP in {took:.0f} s, the receipts of all"
        " held, 0 violated"
    )


def _judge(made: Machine, meeting: str, asked: Asked) -> None:
    """Each receipt file proves its own leaf, under the number that was told."""
    leaves = LeafStore(made.data / "log" / "leaves.sqlite3")
    key = VerifierKey.parse(leaves.states()[meeting].vkey)
    numbers = {q: number for q, number, _ in leaves.submissions(meeting, 0, 10**9)}
    leaves.close()
    for q, told in asked.receipts.items():
        proof.verify(str(told["proof"]), base64.b64decode(str(told["leaf"])), key)
        assert numbers[q] == told["number"] and asked.numbers[q] in (None, numbers[q])
