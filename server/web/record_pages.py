"""The public record: what was screened out and why, as a page, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from quart import Response, jsonify

from server.acts import decide
from server.domain.meeting import Meeting
from server.web import people
from server.web.api import meeting_at
from server.web.pages import html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page


async def _record(slug: str) -> tuple[Meeting, people.Person, list[dict[str, Any]]]:
    meeting = await meeting_at(slug)
    person = await people.reader_of(meeting)
    sentences = {reason.code: reason.sentence for reason in meeting.reasons}
    entries = [
        {
            "number": question.number,
            "text": None if question.withheld else question.text,
            "lang": question.lang,
            "dir": question.dir,
            "length": len(question.text),
            "reason": question.reason,
            "reason_sentence": sentences.get(question.reason or "", ""),
            "note": question.note or None,
            "by": question.by or None,
            "at": question.decided_at or question.received_at,
            "votes": question.votes,
        }
        for question in await decide.screened_out(parts().store, meeting.id)
    ]
    return meeting, person, entries


@pages.get("/m/<slug>/screened-out")
async def screened_out(slug: str) -> Response:
    """What was screened out, and why."""
    meeting, person, entries = await _record(slug)
    return await html(
        "screened_out.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        counts=(await parts().boards.follow(meeting.id)).counts,
        entries=entries,
    )


@pages.get("/m/<slug>/screened-out.json")
async def screened_out_json(slug: str) -> Response:
    """The same as JSON."""
    _, _, entries = await _record(slug)
    return jsonify({"screened_out": entries})


@pages.get("/m/<slug>/screened-out.csv")
async def screened_out_csv(slug: str) -> Response:
    """The same as CSV; a cell that a spreadsheet would run as a formula starts with a quote mark."""
    _, _, entries = await _record(slug)
    out = io.StringIO()
    names = ["number", "text", "reason", "reason_sentence", "note", "by", "at", "votes"]
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    for entry in entries:
        writer.writerow([_cell(entry[name]) for name in names])
    return Response(out.getvalue(), mimetype="text/csv")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\x00") else text
