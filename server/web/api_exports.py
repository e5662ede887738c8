"""The API of exports, for a meeting's organisers."""

from __future__ import annotations

import msgspec
from quart import Response, jsonify

from server.acts import exports
from server.domain.refusals import Refusal
from server.web.api import endpoint
from server.web.export_pages import exporting
from server.web.export_rows import export_value, workers
from server.web.parts import parts


class AskExport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` is 16 random bytes in base64url, made by the client: sent twice it is one export. `kind` is
    csv, json or zip."""

    id: str
    kind: str


class ExportRow(msgspec.Struct, forbid_unknown_fields=True):
    """One export: queued, running, ready, failed, expired or outdated. Times are epoch milliseconds.
    `file` is where to GET it with the same sign-in."""

    id: str
    kind: str
    stage: str
    percent: int
    asked_at: int
    ready_at: int | None
    until: int | None
    size: int | None
    sha256: str | None
    why: str | None
    file: str | None


class ExportsAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """All exports, newest first; `workers` that were heard lately, null where nobody knows."""

    exports: list[ExportRow]
    workers: int | None


@endpoint("GET", "/meetings/<slug>/exports", ExportsAnswer)
async def read_exports(slug: str) -> Response:
    """All exports of a meeting, and how far they are."""
    meeting, _ = await exporting(slug)
    found = await exports.standing(parts().store, meeting, parts().clock())
    rows = [export_value(meeting, export) for export in found]
    return jsonify({"exports": rows, "workers": await workers()})


@endpoint(
    "POST",
    "/meetings/<slug>/exports",
    ExportRow,
    Refusal.BUSY,
    body=AskExport,
    statuses=(202,),
)
async def ask_export(slug: str, given: AskExport) -> tuple[Response, int]:
    """Ask for an export of the public record."""
    meeting, person = await exporting(slug)
    told = (given.id, given.kind, person.known_as(), parts().clock())
    export = await exports.ask(parts().store, meeting, *told)
    return jsonify(export_value(meeting, export)), 202


@endpoint(
    "POST",
    "/meetings/<slug>/exports/<id>/again",
    ExportRow,
    Refusal.CONTENDED,
    statuses=(202,),
)
async def export_again(slug: str, id: str) -> tuple[Response, int]:
    """Make a failed, expired or outdated export again."""
    meeting, _ = await exporting(slug)
    export = await exports.again(parts().store, meeting, id, parts().clock())
    return jsonify(export_value(meeting, export)), 202
