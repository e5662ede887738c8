"""Which requests are upgrades to a live socket."""

from __future__ import annotations

import pytest

from server.live.port import live_slug


@pytest.mark.parametrize(
    "wish", ["Upgrade:websocket", "UPGRADE:  WebSocket", "upgrade: h2c, websocket "]
)
def test_the_wish_to_upgrade_is_read_as_http_writes_it(wish: str) -> None:
    assert live_slug(f"GET /live/spring HTTP/1.1\r\nHost: x\r\n{wish}".encode()) == "spring"


@pytest.mark.parametrize(
    "other", ["Upgrade: websockets", "X-Upgrade: websocket", "Host: websocket"]
)
def test_another_field_is_no_wish_to_upgrade(other: str) -> None:
    assert live_slug(f"GET /live/spring HTTP/1.1\r\n{other}".encode()) is None
