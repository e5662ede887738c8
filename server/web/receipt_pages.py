"""A receipt as a file, for whoever has the question's fate address: no script and no sign-in needed."""

from __future__ import annotations

import asyncio
import base64

from quart import Response

from server.acts import submit
from server.acts.log_folder import LogFolder
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.store import openings
from server.translog import leaf
from server.translog.checkpoint import log_id
from server.web.api import meeting_at
from server.web.log_keys import vkey_of
from server.web.pages import fate_address, pages
from server.web.parts import parts
from server.web.rendering import sentence

VERSION = 1
NOTHING = Refused(Refusal.UNKNOWN, "There is nothing at this address.")


@pages.get("/m/<slug>/fate/<capability>/receipt.json")
async def receipt_file(slug: str, capability: str) -> Response:
    """Leaf, salt, opening and proof of one question (docs/log.md, "Receipts"); 202 until its leaf
    is under a signed checkpoint, 410 once its text and salt were erased. Of a text that the store lost:
    null in the place of salt and opening, and `lost` says so in the reader's language."""
    meeting = await meeting_at(slug)
    found = await submit.by_fate(parts().store, meeting, capability)
    if found is None or await vkey_of(meeting) is None:
        raise NOTHING
    if found.erased:
        raise Refused(Refusal.EXPIRED, "The text and salt of this question were erased.")
    held = await openings.own(parts().store, meeting.id, found.q)
    if held is None and found.lost:
        raise Refused(
            Refusal.EXPIRED,
            "The store lost the text and salt of this question. A receipt that you saved before still"
            " holds.",
        )
    if held is None:
        raise NOTHING
    if held.index is None or held.covered is None:
        return _json({"v": VERSION, "q": found.q, "number": None}, 202)
    proof, data = await asyncio.to_thread(_proved, meeting, held.index, held.covered)
    told: dict[str, leaf.Json] = {
        "v": VERSION,
        "q": found.q,
        "number": held.number,
        "vkey": await vkey_of(meeting),
        "leaf": base64.b64encode(data).decode("ascii"),
        "salt": held.salt,
        "opening": held.opening,
        "proof": proof,
        "follow": f"{parts().public_url}{fate_address(meeting, found.q)}",
    }
    if held.opening is None:
        told["lost"] = sentence("js.gone_lost")
    response = _json(told, 200)
    name = f"receipt-{held.number or found.q}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _json(told: dict[str, leaf.Json], status: int) -> Response:
    response = Response(leaf.canonical(told), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _proved(meeting: Meeting, index: int, covered: str) -> tuple[str, bytes]:
    logs = parts().logs
    if logs is None:
        raise NOTHING
    folder = LogFolder(logs / log_id(meeting.id))
    return folder.receipt(index, covered), folder.entry(index, covered)
