"""Packed answers: the same bytes once unpacked, only where it is safe, and no token twice."""

from __future__ import annotations

import gzip
import re
from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.web.rendering import FRONTEND
from tests.acts.building import live_town
from tests.web.browsing import SAME

GZIP = {**SAME, "Accept-Encoding": "gzip, br"}


async def got(app: Quart, path: str, headers: dict[str, str]) -> tuple[Any, bytes]:
    response = await app.test_client().get(path, headers=headers)
    assert response.status_code == 200
    return response.headers, await response.get_data(as_text=False)


async def test_static_files_come_packed_to_who_takes_it(app: Quart) -> None:
    plain = (FRONTEND / "static/js/board.js").read_bytes()
    for headers, coding in (
        (GZIP, "gzip"),
        (SAME, None),
        ({**GZIP, "Accept-Encoding": "br"}, None),
    ):
        told, body = await got(app, "/static/js/board.js", headers)
        assert told.get("Content-Encoding") == coding and told["Vary"] == "Accept-Encoding"
        assert int(told["Content-Length"]) == len(body)
        assert (gzip.decompress(body) if coding else body) == plain
    told, _ = await got(app, "/static/js/board.js", GZIP)
    again = await app.test_client().get(
        "/static/js/board.js", headers={**GZIP, "If-None-Match": told["ETag"]}
    )
    assert again.status_code == 304


async def test_a_board_comes_packed_and_no_two_pages_share_a_form_token(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    path = f"/m/{town.meeting.slug}"
    first, packed = await got(app, path, GZIP)
    cookie = {"Cookie": first["Set-Cookie"].partition(";")[0]}
    tokens = set()
    for headers in (GZIP, GZIP, SAME):
        told, body = await got(app, path, {**headers, **cookie})
        assert ("Content-Encoding" in told) == (headers is GZIP)
        text = (gzip.decompress(body) if headers is GZIP else body).decode()
        tokens |= set(re.findall(r'name="csrf" value="(\w{64})"', text))
    assert len(tokens) == 3 and len(packed) < len(text)
    told, _ = await got(app, f"{path}?asked=x", GZIP)
    assert "Content-Encoding" not in told  # it may show a receipt's address
    told, _ = await got(app, f"{path}/join", GZIP)
    assert "Content-Encoding" not in told
