"""The key of a meeting's log, as the pages name it; scripts pin the first that they see."""

from __future__ import annotations

import asyncio

from server.acts.log_folder import LogFolder
from server.domain.meeting import Meeting
from server.translog.checkpoint import log_id
from server.web.parts import parts


async def vkey_of(meeting: Meeting) -> str | None:
    """The verifier key of a meeting's log, or None where it has none (yet); it never changes."""
    logs, known = parts().logs, parts().vkeys
    if logs is not None and meeting.id not in known:
        try:
            text = await asyncio.to_thread(LogFolder(logs / log_id(meeting.id)).vkey)
        except FileNotFoundError:
            return None
        known[meeting.id] = text.strip()
    return known.get(meeting.id)


async def log_value(meeting: Meeting) -> dict[str, str] | None:
    """The `log` value of templates; None for a meeting without a log."""
    vkey = await vkey_of(meeting)
    return {"vkey": vkey, "address": f"/log/{log_id(meeting.id)}"} if vkey else None
