"""For operators: alive, able to write, and counted."""

from __future__ import annotations

import contextlib

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, jsonify
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.live import measures
from server.store import keys, meetings, sequencing
from server.store.sequencing import Standing
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
        odd, found = await _standing(store)
    except RedisError:
        away = jsonify({"ok": False})
        away.status_code = 503
        return away
    log = {"behind": found.behind, "waiting_s": found.waiting_s, "halted": found.halted}
    log |= {"aside": found.aside, "words_left": found.words_left}
    return jsonify({"ok": True, "log": log, "odd": odd})


async def _standing(store: Redis) -> tuple[int, Standing]:
    """How many entries and records of meetings cannot be read, and how the logs of all others stand."""
    known = await meetings.read_all(store)
    return len(known.odd), await sequencing.standing(store, known.ids, parts().clock())


@health.get("/metrics")
async def metrics() -> Response:
    """Prometheus text. While the store is away, the logs' figures stay as they were."""
    store = parts().store
    with contextlib.suppress(RedisError):
        odd, found = await _standing(store)
        measures.MEETINGS_ODD.set(odd)
        measures.LOG_WAITING.set(found.waiting_s)
        measures.LOG_HALTED.set(found.halted)
        measures.LOG_ASIDE.set(found.aside)
        measures.LOG_WORDS_LEFT.set(found.words_left)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
