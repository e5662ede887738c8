"""The stream beside the board: what its page is told, and what its policy lets through."""

from __future__ import annotations

from typing import Any

from quart import g, request

from server.domain import stream
from server.domain.meeting import Meeting

PLAYER = "hls-1.7.4.light.min.js"


def stream_value(meeting: Meeting) -> dict[str, Any] | None:
    """The stream as the board shows it, None without one. This answer's policy lets its origin through
    where our own player loads it: media, and for HLS its lists and segments."""
    kind = stream.kind(meeting.stream_url)
    if kind is None:
        return None
    source = stream.origin(meeting.stream_url)
    if not source:
        kind = stream.Kind.LINK
    if kind is not stream.Kind.LINK:
        g.stream_origin = source
    given = request.args.get("at", "")
    return {
        "kind": kind.value,
        "url": meeting.stream_url,
        "host": source.partition("://")[2],
        "player": f"/vendor/{PLAYER}",
        "at": int(given) if given.isascii() and given.isdigit() and len(given) < 7 else None,
    }
