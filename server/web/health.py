"""For operators: alive, able to write, and counted."""

from __future__ import annotations

import contextlib

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, jsonify
from redis.exceptions import RedisError

from server.live import measures
from server.store import keys, meetings, sequencing
from server.web.parts import parts

health = Blueprint("health", __name__)


@health.get("/healthz")
async def healthz() -> Response:
    """This process answers."""
    return jsonify({"ok": True})


@health.get("/readyz")
async def readyz() -> Response:
    """The store takes writes: PING answers also where a write would fail. 503 when it does not. How the
    logs stand is told beside it: a log that is behind stops nobody from asking or voting."""
    store = parts().store
    try:
        await store.set(keys.PROBE, "1", ex=10)
        found = await sequencing.standing(store, await meetings.listed(store), parts().clock())
    except RedisError:
        away = jsonify({"ok": False})
        away.status_code = 503
        return away
    log = {"behind": found.behind, "waiting_s": found.waiting_s, "halted": found.halted}
    log |= {"aside": found.aside, "words_left": found.words_left}
    return jsonify({"ok": True, "log": log})


@health.get("/metrics")
async def metrics() -> Response:
    """Prometheus text. While the store is away, the logs' figures stay as they were."""
    store = parts().store
    with contextlib.suppress(RedisError):
        found = await sequencing.standing(store, await meetings.listed(store), parts().clock())
        measures.LOG_WAITING.set(found.waiting_s)
        measures.LOG_HALTED.set(found.halted)
        measures.LOG_ASIDE.set(found.aside)
        measures.LOG_WORDS_LEFT.set(found.words_left)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
