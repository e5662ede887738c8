"""Security headers on every answer (S-30, S-32)."""

from __future__ import annotations

from quart import Response, g

from server.web.parts import WebParts


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
    headers["Content-Security-Policy"] = policy(parts.public_url, g.get("stream_origin", ""))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers.setdefault("Cache-Control", "no-store")
    if parts.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
