"""How a long-lived worker starts, survives an absent store, and ends on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server import journal
from server.settings import Settings, SettingsError
from server.store.client import connect
from server.store.loader import load

RETRY_S = 0.5
log = structlog.get_logger()


async def _until_ended(settings: Settings, step: Callable[[Redis], Awaitable[None]]) -> None:
    # One odd entry in a stream must not end what follows all of them.
    store = connect(settings.store_url, replicas=settings.store_replicas, reads_all=True)
    ended, loaded, told = asyncio.Event(), False, False
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    while not ended.is_set():
        try:
            if not loaded:
                await load(store)
                loaded = True
            await step(store)
            told = False
        except RedisError as error:
            # A store that came back empty has lost its functions too: load them again.
            if not told:
                log.warning("store_away", error=type(error).__name__)
            loaded, told = False, True
            await asyncio.sleep(RETRY_S)
    await store.aclose()


def settings_or_end() -> Settings:
    """The process's settings; a missing or odd value ends it with the sentence."""
    try:
        return Settings.from_environ(os.environ)
    except SettingsError as reason:
        sys.exit(str(reason))


def run(step: Callable[[Redis], Awaitable[None]]) -> None:
    """Repeat `step` until SIGTERM or SIGINT; each step is short and may be repeated after a failure."""
    journal.set_up()
    asyncio.run(_until_ended(settings_or_end(), step))
