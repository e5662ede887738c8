"""How a meeting's record is witnessed, for its pages."""

from __future__ import annotations

import asyncio
from typing import Any

from server.acts.log_folder import LogFolder
from server.domain.meeting import Meeting
from server.translog.checkpoint import log_id
from server.web.parts import parts

NOBODY: dict[str, Any] = {
    "of": 0,
    "count": 0,
    "size": 0,
    "ago_ms": 0,
    "alarms": [],
    "anchored": False,
}


async def witnesses_of(meeting: Meeting) -> dict[str, Any] | None:
    """Who signed it, how far, how long ago; zeros where nobody is asked; None without a log."""
    logs = parts().logs
    if logs is None:
        return None
    folder = LogFolder(logs / log_id(meeting.id))
    try:
        await asyncio.to_thread(folder.served)
    except FileNotFoundError:
        return None
    found = await asyncio.to_thread(folder.witnessing)
    return found.value(parts().clock()) if found else NOBODY
