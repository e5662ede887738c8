"""The deployment's anchor log over HTTP. It names no record's address, so anybody may read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from quart import Blueprint, Response

from server.acts.log_folder import LogFolder
from server.domain.refusals import Refusal, Refused
from server.translog.anchor import ANCHOR_ID
from server.translog.tile import parse_path
from server.web.log_files import let_pages_read_refusals
from server.web.parts import parts

Found = TypeVar("Found", str, bytes)
anchor_files = Blueprint("anchor_files", __name__, url_prefix=f"/log/{ANCHOR_ID}")
NOTHING = Refused(Refusal.UNKNOWN, "There is nothing at this address.")
anchor_files.after_request(let_pages_read_refusals)


async def _answer(read: Callable[[LogFolder], Found], mimetype: str, lasts: str) -> Response:
    if parts().logs is None:
        raise NOTHING
    try:
        found = await asyncio.to_thread(read, LogFolder(parts().logs / ANCHOR_ID))  # type: ignore[operator]
    except FileNotFoundError:
        raise NOTHING from None
    response = Response(found, content_type=mimetype)
    response.headers["Cache-Control"] = f"public, {lasts}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@anchor_files.get("/checkpoint")
async def checkpoint() -> Response:
    """The latest published checkpoint."""
    return await _answer(LogFolder.served, "text/plain; charset=utf-8", "max-age=1")


@anchor_files.get("/checkpoint.witnessed")
async def witnessed_checkpoint() -> Response:
    """The newest one that a quorum of the anchor's witnesses has cosigned."""
    return await _answer(LogFolder.witnessed, "text/plain; charset=utf-8", "max-age=5")


@anchor_files.get("/tile/<path:rest>")
async def tile_file(rest: str) -> Response:
    """A tile or an entry bundle."""
    wanted = parse_path(f"tile/{rest}")
    if wanted is None:
        raise NOTHING
    lasts = "max-age=31536000, immutable"
    return await _answer(lambda folder: folder.tile(wanted), "application/octet-stream", lasts)


@anchor_files.get("/vkey")
async def verifier_key() -> Response:
    """The anchor log's key, for convenience; trust it from another place."""
    return await _answer(LogFolder.vkey, "text/plain; charset=utf-8", "max-age=60")


@anchor_files.get("/policy")
async def trust_policy() -> Response:
    """The anchor log's trust rule, for convenience."""
    return await _answer(LogFolder.policy, "text/plain; charset=utf-8", "max-age=60")
