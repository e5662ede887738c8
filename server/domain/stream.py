"""The meeting's stream: how a page can show it, where an answer is in it, and what may be asked for it.

`stream_s` of an answer counts seconds since the meeting went live, in the room. The stream's own clock
differs by the meeting's delay, which may be corrected afterwards: every link adds it when it is shown.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from server.domain.refusals import Refusal, Refused

STREAM_MAX_S = 24 * 3600
VIDEO = (".mp4", ".webm", ".m4v")


class Kind(StrEnum):
    """How a page shows a stream: by a list of segments, as one file, or as a way out."""

    HLS = "hls"
    VIDEO = "video"
    LINK = "link"


def kind(url: str) -> Kind | None:
    """What stands at a stream's address by its name, or None where the meeting has no stream."""
    if not url:
        return None
    path = urlsplit(url).path.lower()
    if path.endswith(".m3u8"):
        return Kind.HLS
    return Kind.VIDEO if path.endswith(VIDEO) else Kind.LINK


def origin(url: str) -> str:
    """Scheme, host and port of an https address in the form that a content security policy takes; ''
    for anything that is not plainly one."""
    try:
        split = urlsplit(url)
        host, port = split.hostname or "", split.port
    except ValueError:
        return ""
    plain = host.isascii() and all(part.replace("-", "").isalnum() for part in host.split("."))
    if split.scheme != "https" or not host or not plain:
        return ""
    return f"https://{host}:{port}" if port else f"https://{host}"


def since_live(at: int, live_at: int | None) -> int | None:
    """Seconds from going live to `at` (epoch ms), or None where that is not known or beyond a day: no
    stream is that long."""
    if live_at is None or at < live_at:
        return None
    seconds = (at - live_at) // 1000
    return seconds if seconds <= STREAM_MAX_S else None


def seconds_in(text: str, field: str) -> int | None:
    """Seconds of `1:02:03`, `62:03` or plain seconds, as a person types them into `field`; None when it is
    empty."""
    if not text.strip():
        return None
    parts = text.strip().split(":")
    if len(parts) > 3 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        raise Refused(Refusal.BAD_INPUT, "must be a time such as 1:02:03.", field=field)
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total


def clock(seconds: int) -> str:
    """Seconds as people read a time of the meeting: 1:02:03."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def moment(stream_s: int, delay_s: int) -> int:
    """Where in the stream an answer begins, in seconds from its start."""
    return max(0, stream_s + delay_s)


def watch_address(slug: str, url: str, stream_s: int, delay_s: int) -> str:
    """Where to watch an answer: our own player where it can show the stream, else the stream's page
    with the moment as a media fragment; '' without a stream."""
    at = moment(stream_s, delay_s)
    match kind(url):
        case None:
            return ""
        case Kind.LINK:
            return f"{url.partition('#')[0]}#t={at}"
        case _:
            return f"/m/{slug}?at={at}#stream"
