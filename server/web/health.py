"""For operators: alive, able to write, and counted."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, jsonify

from server.store import keys
from server.web.parts import parts

health = Blueprint("health", __name__)


@health.get("/healthz")
async def healthz() -> Response:
    """This process answers."""
    return jsonify({"ok": True})


@health.get("/readyz")
async def readyz() -> Response:
    """The store takes writes: PING answers also where a write would fail. 503 when it does not."""
    await parts().store.set(keys.PROBE, "1", ex=10)
    return jsonify({"ok": True})


@health.get("/metrics")
async def metrics() -> Response:
    """Prometheus text."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
