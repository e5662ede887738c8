"""The record's newest signed checkpoint as a QR code: whoever photographs the stage holds it for good."""

from __future__ import annotations

import asyncio
import io

import segno
from quart import Response

from server.acts.log_folder import LogFolder
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.translog.checkpoint import log_id
from server.web import people
from server.web.api import meeting_at
from server.web.pages import pages
from server.web.parts import parts


async def published_note(meeting: Meeting) -> str | None:
    """The whole signed note, None where nothing is published. Never a short hash of it: whoever
    controls both histories could make those agree."""
    if parts().logs is None:
        return None
    try:
        return await asyncio.to_thread(LogFolder(parts().logs / log_id(meeting.id)).served)  # type: ignore[operator]
    except FileNotFoundError:
        return None


def as_svg(note: str) -> bytes:
    """The note's own bytes as a QR code. Low correction: the fewer modules, the farther it is read."""
    out = io.BytesIO()
    segno.make(note.encode(), error="l", boost_error=False).save(
        out, kind="svg", border=4, light="#fff", dark="#000", xmldecl=False, omitsize=True
    )
    return out.getvalue()


@pages.get("/m/<slug>/stage/checkpoint.svg")
async def stage_checkpoint(slug: str) -> Response:
    """The picture for the stage's corner."""
    meeting = await meeting_at(slug)
    await people.reader_of(meeting)
    note = await published_note(meeting)
    if note is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    response = Response(as_svg(note), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response
