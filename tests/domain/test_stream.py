"""A stream's address decides how it is shown, and what the policy lets through."""

from __future__ import annotations

import pytest

from server.domain.refusals import Refused
from server.domain.stream import (
    Kind,
    clock,
    kind,
    moment,
    origin,
    seconds_in,
    since_live,
    watch_address,
)


@pytest.mark.parametrize(
    ("url", "what", "asked"),
    [
        ("", None, ""),
        ("https://s.example/live.m3u8?k=1", Kind.HLS, "https://s.example"),
        ("https://s.example:8443/a.MP4", Kind.VIDEO, "https://s.example:8443"),
        ("https://s.example/watch?v=a.m3u8", Kind.LINK, "https://s.example"),
        ("http://s.example/live.m3u8", Kind.HLS, ""),
        ("https://s.example;script-src *.m3u8", Kind.LINK, ""),
        ("https://s.example:99999/x.mp4", Kind.VIDEO, ""),
        ("https://*/x.mp4", Kind.VIDEO, ""),
    ],
)
def test_kind_and_origin(url: str, what: Kind | None, asked: str) -> None:
    assert (kind(url), origin(url)) == (what, asked)


def test_a_corrected_delay_moves_every_link() -> None:
    assert moment(100, 20) == 120 and moment(10, -30) == 0
    assert watch_address("s", "https://v.example/w#x", 100, 20) == "https://v.example/w#t=120"
    assert watch_address("s", "https://v.example/w.mp4", 100, 20) == "/m/s?at=120#stream"
    assert watch_address("s", "", 100, 20) == ""


def test_seconds_count_from_going_live() -> None:
    assert since_live(61_500, 1_500) == 60
    assert since_live(1, None) is None and since_live(1, 2) is None
    day = 24 * 3600
    assert since_live(day * 1000, 0) == day and since_live((day + 1) * 1000, 0) is None


def test_a_time_is_typed_as_it_is_read() -> None:
    assert seconds_in(clock(3723), "stream") == 3723 and clock(3723) == "1:02:03"
    typed = {"": None, " 95 ": 95, "1:35": 95, "62:03": 3723, "1:02:03": 3723}
    assert {text: seconds_in(text, "stream") for text in typed} == typed
    for odd in ("1:2:3:4", "-5", "1:", "1.5", "²", "9" * 6):
        with pytest.raises(Refused):
            seconds_in(odd, "stream")
