"""The faults: each comes over a machine at work and has passed when it returns."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from tests.faults.machine import Machine

BACK_S = 30.0
Fault = Callable[[Machine], Awaitable[None]]


async def store_killed(machine: Machine) -> None:
    """kill -9 of the store."""
    await asyncio.to_thread(machine.kill, "store")


async def server_killed(machine: Machine) -> None:
    """kill -9 of the server."""
    await asyncio.to_thread(machine.kill, "server")


async def sequencer_killed(machine: Machine) -> None:
    """kill -9 of the sequencer."""
    await asyncio.to_thread(machine.kill, "sequencer")


async def worker_killed(machine: Machine) -> None:
    """kill -9 of the RQ worker: nothing waits for it."""
    await asyncio.to_thread(machine.kill, "worker")


async def _frozen(machine: Machine, role: str, seconds: float) -> None:
    pid = await asyncio.to_thread(machine.kill, role, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


async def store_frozen(machine: Machine) -> None:
    """The store does not answer for three seconds, and then answers what was asked meanwhile."""
    await _frozen(machine, "store", 3.0)


async def server_blocked(machine: Machine) -> None:
    """The server's loop stands still for two seconds."""
    await _frozen(machine, "server", 2.0)


async def disk_slow(machine: Machine) -> None:
    """Each sync takes 50 ms longer."""
    machine.rule(delay_ms=50)
    await asyncio.sleep(1.5)
    machine.rule()


async def clock_jumped(machine: Machine) -> None:
    """The clock on the wall of all processes is an hour ahead, then an hour behind, then right;
    each time somebody loses their connection and comes in again."""
    for wrong, voter in zip((3600, -3600, 0), machine.voters, strict=False):
        machine.rule(clock_s=wrong)
        await asyncio.sleep(1.0)
        before = voter.reconnects
        await voter.cut()
        async with asyncio.timeout(BACK_S):
            while voter.reconnects == before:
                await asyncio.sleep(0.02)


async def power_lost(machine: Machine) -> None:
    """All processes end at once and each file falls back to what a sync had reached."""
    await asyncio.to_thread(machine.lose_power)
    await asyncio.to_thread(machine.restart)


async def memory_full(machine: Machine) -> None:
    """The store refuses every write for a while (maxmemory, noeviction)."""
    url = json.loads((machine.data / "run.json").read_text())["store_url"]
    async with Redis.from_url(url) as store:
        await store.config_set("maxmemory", "1mb")
        await asyncio.sleep(2.0)
        await store.config_set("maxmemory", "0")


async def disk_full(machine: Machine) -> None:
    """Nothing fits on the data folder's disk for a while."""
    ballast = machine.data / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as full:
            assert full.errno == errno.ENOSPC
    await asyncio.sleep(2.5)
    ballast.unlink()
