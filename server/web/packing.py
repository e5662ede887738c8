"""Answers packed with gzip: static files, once each and without comments, and large public pages.

A packed page must not hold a secret beside text that strangers choose, or its length would tell the
secret bit by bit: form tokens differ in every page (people.form_token), own votes come in another
order each time, and a board that shows a receipt's address goes out as it is.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from functools import cache
from pathlib import Path

from quart import Response, request

from server.web.rendering import FRONTEND

KINDS = (".js", ".css", ".svg")
PAGES = frozenset({"pages.board", "pages.answers", "pages.screened_out"})
LEAST = 1_000  # below this the head of the packed form costs what it saves
PAGE_LEVEL = 6  # a board of 500 rows in a few milliseconds, little larger than at level 9

# A comment that fills its lines, and the type of an expression. No string or template of ours spans
# lines or looks like one; tests/web/test_packing.py holds every file against that.
LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n", re.M)
BLOCK_COMMENT = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.M | re.S)
TYPE_COMMENT = re.compile(r"/\*\* @type [^\n]*?\*/ ?")
INDENT = re.compile(r"^[ \t]+", re.M)


def bare(text: str, suffix: str) -> str:
    """The same script or stylesheet without comments and indentation; any other text as it is."""
    if suffix == ".js":
        text = TYPE_COMMENT.sub("", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", text)))
    elif suffix == ".css":
        text = BLOCK_COMMENT.sub("", text)
    else:
        return text
    return INDENT.sub("", text)


@cache
def _packed(file: Path) -> bytes:
    return gzip.compress(bare(file.read_text(), file.suffix).encode(), 9, mtime=0)


async def pack(response: Response) -> Response:
    """The response, packed where that is safe, worth it and taken by the client."""
    if response.status_code != 200 or request.method != "GET":
        return response
    page = request.endpoint in PAGES and "asked" not in request.args
    file = FRONTEND / "static" / str((request.view_args or {}).get("filename", ""))
    if not page and not (request.endpoint == "static" and file.suffix in KINDS):
        return response
    response.headers.add("Vary", "Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return response
    if page:
        body = await response.get_data(as_text=False)
        if len(body) < LEAST:
            return response
        packed = await asyncio.to_thread(gzip.compress, body, PAGE_LEVEL, mtime=0)
    else:
        packed = _packed(file)
        tag = response.headers.get("ETag", "")
        if tag and not tag.startswith("W/"):
            response.headers["ETag"] = f"W/{tag}"  # the same file in other bytes
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(packed))
    return response
