"""The ledger: every acknowledged vote is in the store, once, and the store holds nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis

from server.store import keys, typed
from server.store.client import connect
from tools.bench.generator import Load
from tools.bench.product import PATIENCE_S, Stage


@dataclass(frozen=True, slots=True)
class Ledger:
    """`lost`: acknowledged, not stored. `strange`: stored, never sent. Both must be 0."""

    acknowledged: int
    stored: int
    lost: int
    strange: int
    ranks_wrong: int

    def agrees(self) -> bool:
        """Nothing lost, nothing made up, and the ranked list counts what the votes are."""
        return not (self.lost or self.strange or self.ranks_wrong)


async def check(store_url: str, stage: Stage, load: Load) -> Ledger:
    """Hold what the generator was told against the votes and ranks in the store."""
    store = connect(store_url, timeout_s=PATIENCE_S)
    try:
        numbers = await typed.hgetall(store, keys.numbers(stage.meeting.id))
        lost = strange = stored = wrong = 0
        for number, q in numbers.items():
            rank, held = await _told(store, stage.meeting.id, q)
            cast = load.votes[load.votes["question"] == int(number)]
            acked = _people(stage, cast[cast["acked"] > 0]["client"])
            sent = _people(stage, cast[cast["sent"] > 0]["client"])
            lost += len(acked - held)
            strange += len(held - sent)
            stored += len(held)
            wrong += rank is not None and int(float(rank)) >> 24 != len(held)
        return Ledger(int((load.votes["acked"] > 0).sum()), stored, lost, strange, wrong)
    finally:
        await store.aclose()


def _people(stage: Stage, clients: NDArray[np.int32]) -> set[int]:
    return {
        voter
        for client in clients.tolist()
        if (voter := stage.people[client].sign_in.voter) is not None
    }


async def _told(store: Redis, meeting: str, q: str) -> tuple[str | None, set[int]]:
    """Its score and its voters, at one moment: a slow server may still count what was sent to it."""
    rank, *raw = await store.eval(  # bytes do not survive a client that decodes: unpacked here
        "local found = { redis.call('ZSCORE', KEYS[2], ARGV[1]) }"
        " for i = 0, redis.call('STRLEN', KEYS[1]) - 1 do"
        " local byte = redis.call('GETRANGE', KEYS[1], i, i):byte()"
        " for bit = 0, 7 do if math.floor(byte / 2 ^ (7 - bit)) % 2 == 1 then"
        " found[#found + 1] = i * 8 + bit end end end return found",
        2,
        keys.voters(meeting, q),
        keys.ranked(meeting),
        q,
    )
    return rank, {int(voter) for voter in raw}
