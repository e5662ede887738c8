"""The sequencer's process is killed again and again beside people who ask."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.store import keys, typed
from server.translog import proof
from server.translog.checkpoint import log_id
from server.translog.note import VerifierKey
from tests.acts.building import Town, live_town
from tests.faults.proofs import Told, judge_told
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder, receipt


async def _told(store: Redis, town: Town, q: str) -> Told:
    row = await typed.hmget(store, keys.question(town.meeting.id, q), ["number", "leaf", "covered"])
    return Told(int(row[0] or 0), int(row[1] or -1), row[2] or "")


@pytest.mark.faults
async def test_killed_again_and_again_the_sequencer_keeps_every_receipt(
    store: Redis,
    store_url: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    town, choose = await live_town(store), random.Random(7)
    (tmp_path / "secret").write_bytes(bytes(32))
    environ = {
        **os.environ,
        "OPENFLOOR_STORE_URL": store_url,
        "OPENFLOOR_DATA": str(tmp_path / "data"),
        "OPENFLOOR_PUBLIC_URL": "https://qa.example",
        "OPENFLOOR_SECRET_FILE": str(tmp_path / "secret"),
    }
    qs: list[str] = []
    receipts: dict[str, tuple[int, str]] = {}
    files = log_folder(tmp_path, town)
    kills = 0
    while kills < 12 or (len(receipts) <= 50 and kills < 60):  # few are taken on a slow machine
        process = subprocess.Popen([sys.executable, "-m", "workers.sequencer"], env=environ)
        before, end = len(receipts), time.monotonic() + 30
        try:
            while time.monotonic() < end:
                asker = await town.attendee()
                qs += [await town.submit(asker, f"Number {len(qs)}, please?") for _ in range(10)]
                for q in choose.sample(qs[-60:], 5):
                    found = await typed.hget(store, keys.question(town.meeting.id, q), "leaf")
                    if found is not None and q not in receipts:
                        receipts[q] = (int(found), receipt(files, int(found)))
                if len(receipts) > before:  # it runs: kill it within the next second
                    end, before = time.monotonic() + choose.uniform(0, 1), 10**9
        finally:
            process.kill()
            process.wait()
        kills += 1
    await settle(sequencer_in(tmp_path), store)
    leaves = leaves_of(tmp_path, town)
    key = VerifierKey.parse((files / "vkey").read_text().strip())
    for q, (at, text) in receipts.items():
        proof.verify(text, leaves[at], key)
        assert f'"q":"{q}"'.encode() in leaves[at]
    numbers = [(await town.look(q)).number for q in qs]
    assert numbers == list(range(1, len(qs) + 1))
    assert [found[1] for found in findings(tmp_path).values()] == [[]]
    assert len(receipts) > 50
    judge_told(leaves, key, {q: await _told(store, town, q) for q in qs})
    record_property(
        "told",
        f"{kills} kills, {len(leaves)} leaves, {len(receipts)} receipts taken in between and {len(qs)}"
        " at the end held, 0 violated",
    )
    assert log_id(town.meeting.id) in str(files)
