"""The bare ASGI application, for `hypercorn server.asgi:app`: pages, forms, API and streams of events, no
live sockets.

Upgrades are answered 426 with the command that serves them (web/live_address.py). A background task that
ends is a fault, as under server/serve.py: the process ends with it, for its keeper to start again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import structlog
from quart import Quart

from server import journal
from server.live import measures
from server.serve import live_side, web_parts
from server.settings import Settings, SettingsError
from server.store.circuit import PROBE_TIMEOUT_S, Circuit
from server.store.client import connect
from server.store.loader import load
from server.web.app import create_app

log = structlog.get_logger()


def bare_app(settings: Settings) -> Quart:
    """The application with its live half; both start and end with the server that runs it."""
    circuit = Circuit()
    store = connect(settings.store_url, circuit, replicas=settings.store_replicas)
    probing = connect(settings.store_url, None, PROBE_TIMEOUT_S, settings.store_replicas)
    live = live_side(settings, store)
    app = create_app(web_parts(settings, store, live))
    tasks: set[asyncio.Task[None]] = set()

    @app.before_serving
    async def begin() -> None:
        await circuit.probe(probing, load)
        for work in (circuit.watch(probing, load), *live.work(), measures.watch_loop()):
            task = asyncio.create_task(work)
            task.add_done_callback(_ended)
            tasks.add(task)

    @app.after_serving
    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=2.0)
        await store.aclose()
        await probing.aclose()

    return app


def _ended(task: asyncio.Task[None]) -> None:
    """Nothing but our own end cancels one; who runs us knows this signal, or we die of it."""
    if not task.cancelled():
        log.critical("background_task_ended", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


def _from_environ() -> Quart:
    journal.set_up()
    try:
        return bare_app(Settings.from_environ(os.environ))
    except SettingsError as reason:
        sys.exit(f"{reason} ./openfloor run sets all of this by itself.")


# Hypercorn looks for a name in this module, so the settings are read when it is imported.
app = _from_environ()
