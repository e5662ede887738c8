"""The page that checks a receipt, and the same as one file for offline use."""

from __future__ import annotations

from quart import Response

from server.web.offline_page import offline_page, verify_sentences
from server.web.pages import html, pages
from server.web.rendering import language, page, sentence


@pages.get("/verify")
async def verify() -> Response:
    """Check a receipt in this browser; nothing is sent here."""
    told = page(sentence("verify.title"), sentences=verify_sentences(language()))
    return await html("verify.html", **told, meeting=None)


@pages.get("/verify/offline.html")
async def verify_offline() -> Response:
    """The same page as a file that needs no server. An attachment: never shown under our address."""
    response = Response(offline_page(language()), content_type="text/html; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="openfloor-verify.html"'
    return response
