"""GET /log/ID/...: the log as C2SP tiles, receipts and openings, served from what the sequencer wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from quart import Blueprint, Response, request

from server.acts import log_record, meetings
from server.acts.log_archive import pieces
from server.acts.log_folder import LogFolder, head_of
from server.acts.log_record import Published
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.store import keys, openings, typed
from server.translog.checkpoint import LOG_ID, meeting_of
from server.translog.tile import parse_path
from server.web import network, people
from server.web.parts import parts

FOREVER = "max-age=31536000, immutable"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
JSON = "application/json"
CSV = "text/csv; charset=utf-8"
Found = TypeVar("Found")
log_files = Blueprint("log_files", __name__, url_prefix="/log")
NOTHING = Refused(Refusal.UNKNOWN, "There is nothing at this address.")


async def let_pages_read_refusals(response: Response) -> Response:
    """A verifier's page elsewhere shall know what is withheld or not there from a server that is away. It
    asks without a sign-in: a browser gives `*` no answer to anything else."""
    if response.status_code >= 400:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


log_files.after_request(let_pages_read_refusals)


async def _log(log: str) -> tuple[Meeting, LogFolder]:
    given = parts().logs
    found = await meetings.by_id(parts().store, meeting_of(log)) if LOG_ID.fullmatch(log) else None
    if found is None or given is None:
        raise NOTHING
    await people.reader_of(found)
    return found, LogFolder(given / log)


async def _read(read: Callable[[], Found]) -> Found:
    try:
        return await asyncio.to_thread(read)
    except FileNotFoundError:
        raise NOTHING from None


def _answer(
    meeting: Meeting, data: bytes | str | AsyncIterator[bytes], mimetype: str, lasts: str
) -> Response:
    response = Response(data, content_type=mimetype)
    if meeting.readers == "attendees":
        response.headers["Cache-Control"] = f"private, {lasts}" if lasts != "no-store" else lasts
    else:
        response.headers["Cache-Control"] = f"public, {lasts}" if lasts != "no-store" else lasts
        # Anybody may read it, so any page may: nothing here depends on who asks.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@log_files.get("/<log>/checkpoint")
async def checkpoint(log: str) -> Response:
    """The latest published checkpoint."""
    meeting, folder = await _log(log)
    return _answer(meeting, await _read(folder.served), TEXT, "max-age=1")


@log_files.get("/<log>/checkpoint.witnessed")
async def witnessed_checkpoint(log: str) -> Response:
    """The newest one that a quorum of the witnesses has cosigned."""
    meeting, folder = await _log(log)
    return _answer(meeting, await _read(folder.witnessed), TEXT, "max-age=5")


@log_files.get("/<log>/cp/<int:size>")
async def kept_checkpoint(log: str, size: int) -> Response:
    """The checkpoint of a gate or tick."""
    meeting, folder = await _log(log)
    return _answer(meeting, await _read(lambda: folder.kept(size)), TEXT, FOREVER)


@log_files.get("/<log>/tile/<path:rest>")
async def tile_file(log: str, rest: str) -> Response:
    """A tile or an entry bundle."""
    meeting, folder = await _log(log)
    wanted = parse_path(f"tile/{rest}")
    if wanted is None:
        raise NOTHING
    return _answer(meeting, await _read(lambda: folder.tile(wanted)), BYTES, FOREVER)


@log_files.get("/<log>/vkey")
async def verifier_key(log: str) -> Response:
    """The log's key, for convenience; trust it from another place."""
    meeting, folder = await _log(log)
    return _answer(meeting, await _read(folder.vkey), TEXT, "max-age=60")


@log_files.get("/<log>/policy")
async def trust_policy(log: str) -> Response:
    """The log's trust rule, for convenience."""
    meeting, folder = await _log(log)
    return _answer(meeting, await _read(folder.policy), TEXT, "max-age=60")


@asynccontextmanager
async def _published(meeting: Meeting) -> AsyncIterator[Published]:
    async with parts().records.of(parts().logs, meeting.id) as held:
        if held is None:
            raise NOTHING
        yield held


@log_files.get("/<log>/public.json")
async def public_states(log: str) -> Response:
    """All questions' states and commitments, derived from the published leaves."""
    meeting, _ = await _log(log)
    async with _published(meeting) as held:
        return _answer(meeting, held.record.public(held.root), JSON, "max-age=1")


@log_files.get("/<log>/screened-out.json")
async def screened_out_json(log: str) -> Response:
    """What was screened out, derived from published leaves and openings."""
    meeting, _ = await _log(log)
    async with _published(meeting) as held:
        told, _ = await log_record.files(parts().store, meeting.id, held)
    return _answer(meeting, told, JSON, "max-age=1")


@log_files.get("/<log>/screened-out.csv")
async def screened_out_csv(log: str) -> Response:
    """The same, a line for each act."""
    meeting, _ = await _log(log)
    async with _published(meeting) as held:
        _, told = await log_record.files(parts().store, meeting.id, held)
    return _answer(meeting, told, CSV, "max-age=1")


@log_files.get("/<log>/ticks/<int:n>.json")
async def tally(log: str, n: int) -> Response:
    """Frozen tallies, once their leaf is published."""
    meeting, folder = await _log(log)
    async with _published(meeting) as held:
        if n not in held.record.ticks:
            raise NOTHING
    found = await _read(lambda: folder.read(f"ticks/{n}.json"))
    return _answer(meeting, found, JSON, FOREVER)


@log_files.get("/<log>/rules/<sha256>")
async def rules(log: str, sha256: str) -> Response:
    """A policy, reason list, settings or roster that a leaf names by its hash."""
    meeting, _ = await _log(log)
    found = await typed.hget(parts().store, keys.rules(meeting.id), sha256)
    if found is None:
        raise NOTHING
    return _answer(meeting, found, TEXT, FOREVER)


@log_files.get("/<log>/receipt/<q>.tlog-proof")
async def receipt(log: str, q: str) -> Response:
    """The proof that a submission is in the log, once its leaf is published; with `?witnessed=1` once
    witnesses say so. Its asker has it before that at the question's own address (receipt_pages)."""
    meeting, folder = await _log(log)
    index = await typed.hget(parts().store, keys.question(meeting.id, checked(q)), "leaf")
    note = await _read(folder.served)
    # Between gates a proof would tell whoever knows a question's id how many came before it.
    if index is None or int(index) >= head_of(note).size:
        raise NOTHING
    witnessed = request.args.get("witnessed") == "1"
    found = await _read(lambda: folder.receipt(int(index), note, witnessed))
    return _answer(meeting, found, TEXT, "no-store")


@log_files.get("/<log>/opening/<name>.json")
async def opening(log: str, name: str) -> Response:
    """Text and salt of a public question, note, wording or answer; never of any other."""
    meeting, folder = await _log(log)
    store = parts().store
    if len(name) == 64:
        found = await openings.of_layer(store, meeting.id, name)
    else:
        basis = await typed.hget(store, keys.question(meeting.id, checked(name)), "erased")
        if basis:  # before all else: whoever reads it shall hear that there is nothing any more
            gone = _answer(meeting, f"This text was erased: {basis}.\n", TEXT, "no-store")
            gone.status_code = 410
            return gone
        why = await openings.withheld(store, meeting.id, name)
        if why is not None:
            raise Refused(Refusal.FORBIDDEN, "This text is withheld: {reason}.", reason=why)
        index = await typed.hget(store, keys.question(meeting.id, name), "leaf")
        size = head_of(await _read(folder.served)).size
        # Not before its leaf is published: between gates it would tell that one more came.
        published = index is not None and int(index) < size
        found = await openings.of_question(store, meeting.id, name) if published else None
    if found is None:
        raise NOTHING
    return _answer(meeting, found, JSON, "no-store")


@log_files.get("/<log>/archive.zip")
async def archive(log: str) -> Response:
    """Everything that is published, in one file that verifies offline."""
    await network.take()
    meeting, _ = await _log(log)
    given = (parts().store, parts().records, parts().logs, meeting.id)
    found = await parts().archives.of(*given)
    if found is None:
        raise NOTHING
    size, file = found
    response = _answer(meeting, pieces(file), "application/zip", "no-store")
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{log}.zip"'
    return response
