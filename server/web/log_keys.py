"""The key of a meeting's log, as the pages name it, and whether it is served at once; scripts pin the first
key that they see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from server.acts.log_folder import LogFolder
from server.domain.meeting import Meeting
from server.translog.checkpoint import log_id
from server.translog.timing import PRECISE
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


@dataclass(frozen=True, slots=True)
class LogValue:
    """A log as templates name it. Where it is `live`, all that was signed is served at once, so that a log
    which ends before a receipt is shorter than what was signed."""

    vkey: str
    address: str
    live: bool


async def log_value(meeting: Meeting) -> LogValue | None:
    """The `log` value of templates; None for a meeting without a log."""
    vkey = await vkey_of(meeting)
    if vkey is None:
        return None
    return LogValue(vkey, f"/log/{log_id(meeting.id)}", await _is_live(meeting))


async def _is_live(meeting: Meeting) -> bool:
    """True once the published leaves tell of it. The store knows earlier, and a sequencer that stands still
    in between has cut nothing off."""
    known = parts().live_logs
    if meeting.phase in PRECISE and meeting.id not in known:
        async with parts().records.of(parts().logs, meeting.id) as held:
            if held is not None and held.record.live_at is not None:
                known.add(meeting.id)
    return meeting.id in known
