"""Nobody waits for a store that is known to be away, and one write that works opens the way again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.store import keys
from server.store.circuit import FAILURES, Circuit, StoreAway
from server.store.client import connect
from server.store.loader import load

Heard = list[str]


def hearing(heard: Heard, fails: bool = False) -> Callable[[Redis], Awaitable[None]]:
    """What runs when the store is back."""

    async def came_back(store: Redis) -> None:
        heard.append("back")
        if fails:
            raise OSError

    return came_back


def absent(folder: Path, circuit: Circuit | None = None) -> Redis:
    """A client of a store that is not there."""
    return connect(f"unix://{folder / 'nobody'}", circuit)


async def test_it_opens_after_failures_in_a_row_and_then_nothing_is_sent(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    circuit, heard = Circuit(), Heard()
    guarded = connect(store_url, circuit, timeout_s=30.0)
    assert await circuit.probe(store, hearing(heard))
    for _ in range(FAILURES - 1):
        assert not await circuit.probe(absent(tmp_path), hearing(heard))
    assert await guarded.ping()
    assert not await circuit.probe(absent(tmp_path), hearing(heard))
    with pytest.raises(StoreAway):
        await guarded.get(keys.PROBE)
    pipe = guarded.pipeline()
    pipe.get(keys.PROBE)
    with pytest.raises(StoreAway):
        await pipe.execute()
    assert await circuit.probe(store, hearing(heard))
    assert await guarded.ping()
    assert heard == ["back", "back"]
    await guarded.aclose()


async def test_one_success_forgets_the_failures_before_it(store: Redis, tmp_path: Path) -> None:
    circuit, heard = Circuit(), Heard()
    await circuit.probe(store, hearing(heard))
    for _ in range(2 * FAILURES):
        await circuit.probe(absent(tmp_path), hearing(heard))
        await circuit.probe(store, hearing(heard))
    assert not circuit.open
    assert heard == ["back"]


async def test_without_a_store_at_the_start_it_is_open_at_once(tmp_path: Path) -> None:
    circuit = Circuit()
    assert not await circuit.probe(absent(tmp_path), load)
    assert circuit.open


async def test_a_store_that_cannot_be_made_ready_stays_away(store: Redis) -> None:
    circuit, heard = Circuit(), Heard()
    assert not await circuit.probe(store, hearing(heard, fails=True))
    assert circuit.open
    assert await circuit.probe(store, hearing(heard))
    assert not circuit.open


async def test_a_store_that_answers_and_refuses_writes_is_away(store: Redis) -> None:
    circuit, heard = Circuit(), Heard()
    await store.config_set("maxmemory", "1")
    try:
        assert await store.ping()
        assert not await circuit.probe(store, hearing(heard))
        assert circuit.open
    finally:
        await store.config_set("maxmemory", "0")
    assert await circuit.probe(store, hearing(heard))
