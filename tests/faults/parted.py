"""What runs on a host of a parted network, as a process there: makes a question, votes, counts, asks who
leads. `python -m tests.faults.parted WHAT URL ...`; the answer is printed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.domain.store_address import sentinels
from server.store import keys, votes
from server.store.client import connect
from server.store.loader import load
from server.store.votes import Wish
from tests.acts.building import live_town

# A host whose cable is pulled says nothing at all: without these a question to it takes a minute.
SOON: dict[str, Any] = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "retry": Retry(NoBackoff(), 0),
}
PAUSE_S = 0.02  # after a vote that is not acknowledged


async def ask(url: str, replicas: str) -> str:
    """The ids of a fresh meeting and of a question in it."""
    store = connect(url, replicas=int(replicas))
    await load(store)
    town = await live_town(store)
    question = await town.listed()
    await store.aclose()
    return f"{town.meeting.id} {question.q}"


async def vote(url: str, replicas: str, where: str, ledger: str, first: str) -> str:
    """Until it is ended: each voter's vote once, one after the other; the acknowledged are noted."""
    store, voter = connect(url, replicas=int(replicas)), int(first)
    meeting, _, q = where.partition(" ")
    with open(ledger, "a", buffering=1) as noted:
        while True:
            voter += 1
            try:
                (told,) = await votes.cast(store, meeting, [Wish(q, voter, True, 1, 0)])
            except RedisError:
                await asyncio.sleep(PAUSE_S)
                continue
            if told.status == votes.OWN:
                continue  # this one asked
            assert told.status == votes.COUNTED, told
            noted.write(f"{voter}\n")


async def lost(url: str, where: str, ledger: str) -> str:
    """How many were acknowledged, and how many of them the store that leads does not hold."""
    store = connect(url)
    meeting, _, q = where.partition(" ")
    told = [int(line) for line in Path(ledger).read_text().split()]
    held = [await store.getbit(keys.voters(meeting, q), voter) for voter in told]
    await store.aclose()
    return f"{len(told)} {held.count(0)}"


async def leader(url: str) -> str:
    """The address that most Sentinels in reach give, '' where they give none; and its replicas."""
    found = sentinels(url)
    assert found is not None
    asked = Sentinel(list(found.hosts), sentinel_kwargs=dict(SOON))  # type: ignore[no-untyped-call]
    try:
        host, port = await asked.discover_master(found.service)
        async with Redis(host=host, port=port, **SOON) as store:
            told = await store.info("replication")
    except (RedisError, OSError):
        return " 0"
    return f"{host} {told['connected_slaves']}"


async def known(url: str) -> str:
    """How many replicas and other Sentinels each Sentinel knows, one after the other."""
    found = sentinels(url)
    assert found is not None
    told = []
    for host, port in found.hosts:
        async with Redis(host=host, port=port, decode_responses=True) as watcher:
            state: Any = await watcher.sentinel_master(found.service)
            told += [str(state["num-slaves"]), str(state["num-other-sentinels"])]
    return " ".join(told)


Deed = Callable[..., Coroutine[object, object, str]]
DEEDS: dict[str, Deed] = {"ask": ask, "vote": vote, "lost": lost, "leader": leader, "known": known}

if __name__ == "__main__":
    print(asyncio.run(DEEDS[sys.argv[1]](*sys.argv[2:])))
