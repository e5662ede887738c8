"""The sockets' address for whoever comes without an upgrade, or under another server than ours."""

from __future__ import annotations

from quart import Blueprint, Response

live_address = Blueprint("live_address", __name__)
WORDS = (
    "This address takes WebSocket upgrades, and only under Openfloor's own server.\n"
    "Start it with ./openfloor run, or in a container with python -m server serve.\n"
)


@live_address.get("/live/<slug>")
async def plain(slug: str) -> Response:
    """A request without an upgrade. Upgrades never come here: live/port.py takes them first."""
    return _needed()


@live_address.websocket("/live/<slug>")
async def bare(slug: str) -> Response:
    """An upgrade that reached the bare application: refused before it is accepted."""
    return _needed()


def _needed() -> Response:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    return Response(WORDS, 426, headers, mimetype="text/plain")
