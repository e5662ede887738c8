"""The organiser's page of exports: ask for one, see how far it is, take the file away."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

from quart import Response, stream_with_context

from server.acts import exports
from server.domain.export import LASTS_MS, UNDONE, Export, Kind
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.protocol.answers import http_status
from server.store import export_files
from server.web import people, rendering
from server.web.api import meeting_at
from server.web.export_rows import TYPES, amount, export_value, workers
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import meeting_value, page
from server.web.staff_pages import staff_pages

HOUR_MS = 3_600_000


async def exporting(slug: str) -> tuple[Meeting, people.Person]:
    """The meeting at an address, and its organiser who asks; refused for everybody else."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.EXPORT)
    return meeting, person


@staff_pages.get("/m/<slug>/organise/exports")
async def exports_page(slug: str) -> Response:
    """All exports of a meeting."""
    meeting, person = await exporting(slug)
    return await _page(meeting, person, None)


async def _page(meeting: Meeting, person: people.Person, refused: Refused | None) -> Response:
    found = await exports.standing(parts().store, meeting, parts().clock())
    undone = sum(export.stage in UNDONE for export in found)
    response = await html(
        "exports.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        exports=[_row(meeting, export) for export in found],
        kinds=[kind.value for kind in Kind],
        fresh=from_bytes(secrets.token_bytes(16)),
        undone=undone > 0,
        workers=await workers() if undone else None,
        deployment=person.sign_in is None,
        hours=LASTS_MS // HOUR_MS,
        error=rendering.refusal(refused) if refused else None,
    )
    if refused is not None:
        response.status_code = http_status(refused.refusal)
    return response


def _row(meeting: Meeting, export: Export) -> dict[str, object]:
    return {**export_value(meeting, export), "amount": amount(export.size)}


@staff_pages.post("/m/<slug>/organise/exports")
async def ask_export(slug: str) -> Response:
    """Ask for an export. Sent twice it is one: the page made its id."""
    typed = await form()
    meeting, person = await exporting(slug)
    told = (typed.get("id", ""), typed.get("kind", ""), person.known_as(), parts().clock())
    try:
        await exports.ask(parts().store, meeting, *told)
    except Refused as refused:
        if refused.refusal is not Refusal.BUSY:
            raise
        return await _page(meeting, person, refused)
    return go(f"/m/{slug}/organise/exports#made")


@staff_pages.post("/m/<slug>/organise/exports/<id>/again")
async def export_again(slug: str, id: str) -> Response:
    """Make a failed, expired or outdated export again."""
    await form()
    meeting, _ = await exporting(slug)
    await exports.again(parts().store, meeting, id, parts().clock())
    return go(f"/m/{slug}/organise/exports#made")


@staff_pages.get("/m/<slug>/organise/exports/<id>/file")
async def export_file(slug: str, id: str) -> Response:
    """The file of an export, as long as all of its texts are public."""
    meeting, _ = await exporting(slug)
    export = await exports.ready(parts().store, meeting, id, parts().clock())
    first = await _piece(meeting, export, 0)
    if not first:
        raise Refused(Refusal.EXPIRED, "This file is gone. Make a new export.")

    @stream_with_context
    async def body() -> AsyncIterator[bytes]:
        at, piece = 0, first
        while piece:
            yield piece
            at += len(piece)
            piece = await _piece(meeting, export, at)

    response = Response(body(), content_type=TYPES[export.kind])
    response.headers["Content-Length"] = str(export.size)
    response.headers["Cache-Control"] = "no-store"
    name = f"{meeting.slug}-record.{export.kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _piece(meeting: Meeting, export: Export, at: int) -> bytes:
    where = (parts().jobs_url, meeting.id, export.id, export.sha256, at)
    return await asyncio.to_thread(export_files.piece, *where)
