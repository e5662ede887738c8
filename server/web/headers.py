"""Security headers on every answer (S-30, S-32)."""

from __future__ import annotations

from quart import Response, g

from server.web.parts import WebParts

# Browsers hold a script or a style to the policy of the page that draws it, not to its own: that one is
# short, for a first visit takes some twenty of them.
FILES = frozenset({"text/javascript", "application/javascript", "text/css"})
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"


def policy(public_url: str, stream: str = "") -> str:
    """The content security policy: our own files, our own socket; `stream` is the one other origin that a
    page with a player may load media from."""
    socket = public_url.replace("http", "ws", 1)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {socket}{f' {stream}' if stream else ''}",
            *((f"media-src blob: {stream}",) if stream else ()),
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def secure(response: Response, parts: WebParts) -> Response:
    """The response with every header set; pages and API are never cached, static files say otherwise."""
    headers = response.headers
    if response.mimetype in FILES:
        headers["Content-Security-Policy"] = FILE_POLICY
    else:
        headers["Content-Security-Policy"] = policy(parts.public_url, g.get("stream_origin", ""))
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Cache-Control", "no-store")
    headers.pop("Expires", None)  # the line above says it
    if parts.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
