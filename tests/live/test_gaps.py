"""A node that was frozen finds a stream that no longer reaches back: boards and sign-ins are mended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from server.acts import admission
from server.live import tail as tail_module
from server.store import events, keys, rebuilding
from tests.acts.building import NOW, Town, live_town
from tests.live.half import Half, dial, end_of, greet, hear, live_half, settled, signed

KEPT = 20_000  # functions/00_shared.lua
WITHIN_S = 60.0


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.01)


def shown(half: Half, town: Town) -> set[int]:
    """The numbers on the node's board."""
    board = half.node.boards.last(town.meeting.id)
    return set(board.rows) if board else set()


async def screened_out_quietly(town: Town, q: str, say: Callable[[], Awaitable[object]]) -> None:
    """What a decision does, with `say` in place of its own entry in the stream."""
    m = town.meeting.id
    await town.store.hset(keys.question(m, q), mapping={"state": "screened_out", "votable": "0"})
    await town.store.zrem(keys.ranked(m), q)
    await say()


async def rebuilt(town: Town) -> None:
    """What a store says that was brought back from its log: the meeting goes on under another epoch."""
    await rebuilding.fence(town.store, town.meeting.id)
    after = replace(town.meeting, epoch="another")
    await rebuilding.release(town.store, after, {}, 0, {}, 0)


async def test_a_decision_that_was_trimmed_unread_is_on_the_board_all_the_same(
    store: Redis,
) -> None:
    town = await live_town(store)
    gone, stays = await town.listed(), await town.listed()
    async with live_half(store, tick_ms=60_000) as half:
        await half.node.boards.follow(town.meeting.id)
        assert shown(half, town) == {gone.number, stays.number}
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        async with dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "snapshot")
            await settled(half)
            stream = keys.events(town.meeting.id)

            async def many() -> None:
                await store.delete(keys.sign_in(town.meeting.id, joined.sign_in.key))
                pipe = store.pipeline(transaction=False)
                pipe.xadd(stream, {"t": "question", "q": gone.q, "s": "screened_out", "r": 3})
                pipe.xadd(stream, {"t": "ended", "sign_in": joined.sign_in.key})
                for votes in range(KEPT + 300):  # trimmed as the functions do it
                    pipe.xadd(
                        stream,
                        {"t": "votes", "run": f"{stays.number} {votes}"},
                        maxlen=KEPT,
                        approximate=True,
                    )
                await pipe.execute()

            await screened_out_quietly(town, gone.q, many)
            async with asyncio.timeout(WITHIN_S):
                while shown(half, town) != {stays.number}:
                    await store.publish(keys.WAKE, town.meeting.id)  # somebody listens by and by
                    await asyncio.sleep(0.05)
            assert await end_of(socket) == 4401


def sleeps_through_a_trim(store_url: str, m: str, gone: str, stays: int) -> None:
    """What others do while this process stands still for longer than STALE_S."""
    with contextlib.closing(redis.Redis.from_url(store_url)) as awake:
        awake.hset(keys.question(m, gone), mapping={"state": "screened_out", "votable": "0"})
        awake.zrem(keys.ranked(m), gone)
        awake.xadd(keys.events(m), {"t": "question", "q": gone, "s": "screened_out", "r": 3})
        awake.xadd(keys.events(m), {"t": "votes", "run": f"{stays} 0"})
        awake.xtrim(keys.events(m), maxlen=1, approximate=False)
        time.sleep(0.7)


def freeze(monkeypatch: pytest.MonkeyPatch, asked: bool, sleep: Callable[[], None]) -> None:
    """Let all stand still in the next reading of the stream, its answer on its way; or right after it. Not
    before: what is left of a trimmed stream fills a page, and these tests leave less."""
    read = events.since

    async def since(*given: Any) -> Any:
        found = await read(*given)
        monkeypatch.setattr(events, "since", read)
        if asked:
            sleep()
        else:
            asyncio.get_running_loop().call_soon(sleep)
        return found

    monkeypatch.setattr(events, "since", since)


@pytest.mark.parametrize("asked", [False, True], ids=["between readings", "answer on its way"])
async def test_a_node_that_slept_looks_whether_the_stream_still_reaches_back(
    store: Redis, store_url: str, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    monkeypatch.setattr(tail_module, "STALE_S", 0.5)
    town = await live_town(store)
    gone, stays = await town.listed(), await town.listed()

    def sleep() -> None:
        sleeps_through_a_trim(store_url, town.meeting.id, gone.q, stays.number or 0)

    async with live_half(store, tick_ms=20) as half:
        await half.node.boards.follow(town.meeting.id)
        freeze(monkeypatch, asked, sleep)
        await until(lambda: shown(half, town) == {stays.number})


def signs_out_while_all_sleep(store_url: str, m: str, sign_in: str) -> None:
    """The end of a sign-in, trimmed before this process wakes."""
    with contextlib.closing(redis.Redis.from_url(store_url)) as awake:
        awake.delete(keys.sign_in(m, sign_in))
        awake.xadd(keys.events(m), {"t": "ended", "sign_in": sign_in})
        awake.xadd(keys.events(m), {"t": "votes", "run": "1 0"})
        awake.xtrim(keys.events(m), maxlen=1, approximate=False)
        time.sleep(0.7)


async def test_an_end_that_was_missed_is_found_also_when_the_store_fails_at_first(
    store: Redis, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "STALE_S", 0.5)
    town = await live_town(store)
    await town.listed()
    m, failed = town.meeting.id, list[str]()

    async def fails(_: Redis, meeting: str, __: set[str]) -> set[str]:
        failed.append(meeting)
        monkeypatch.setattr(tail_module, "admission", admission)
        raise redis.ConnectionError

    async with live_half(store, tick_ms=20) as half:
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        async with dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "snapshot")
            await settled(half)  # the socket's own look would find the end, too
            monkeypatch.setattr(tail_module, "admission", SimpleNamespace(standing=fails))
            key = joined.sign_in.key
            freeze(monkeypatch, False, lambda: signs_out_while_all_sleep(store_url, m, key))
            assert await end_of(socket) == 4401
            assert failed == [m]


async def test_a_rebuilt_store_sends_every_socket_back_for_the_whole_board(store: Redis) -> None:
    town = await live_town(store)
    stays = await town.listed()
    async with live_half(store, tick_ms=20) as half:
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        async with dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "snapshot")
            await screened_out_quietly(town, stays.q, lambda: rebuilt(town))
            assert await end_of(socket) == 1012
            assert shown(half, town) == set()


async def refused_reads(store: Redis) -> int:
    """How many whole hashes the store did not tell so far."""
    told = await store.info("commandstats")
    return int(told.get("cmdstat_hgetall", {"failed_calls": 0})["failed_calls"])


async def test_a_board_that_cannot_be_read_anew_after_a_rebuild_is_read_later(store: Redis) -> None:
    town = await live_town(store)
    stays = await town.listed()
    async with live_half(store, tick_ms=20) as half:
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        async with dial(half.port, town) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "snapshot")
            looks, before = keys.exposure(town.meeting.id), await refused_reads(store)
            await store.delete(looks)
            await store.set(looks, "not a hash")
            await screened_out_quietly(town, stays.q, lambda: rebuilt(town))
            async with asyncio.timeout(WITHIN_S):
                while await refused_reads(store) < before + 2:
                    await asyncio.sleep(0.01)
            assert shown(half, town) == {stays.number}
            await store.delete(looks)
            assert await end_of(socket) == 1012
            assert shown(half, town) == set()
