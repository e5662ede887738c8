"""Packed answers: the same bytes once unpacked, only where it is safe, and no token twice."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide
from server.web.packing import bare
from server.web.pages import MODULES, ROWS_DRAWN
from server.web.rendering import FRONTEND
from tests.acts.building import NOW, live_town
from tests.web.browsing import SAME

GZIP = {**SAME, "Accept-Encoding": "gzip, br"}


async def got(app: Quart, path: str, headers: dict[str, str]) -> tuple[Any, bytes]:
    response = await app.test_client().get(path, headers=headers)
    assert response.status_code == 200
    return response.headers, await response.get_data(as_text=False)


SAYS, WORD = re.compile(r"\bsay\(([^)]*)"), re.compile(r"(?<!=== )[\"`](\w+)")
NEEDS = re.compile(r"(?:from |import\()\"\./([\w/]+)\.js\"")


async def test_a_board_holds_every_sentence_that_its_scripts_say(store: Redis, app: Quart) -> None:
    folder, found, ahead = FRONTEND / "static/js", dict[str, str](), [*MODULES.split(), "page"]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = (folder / f"{name}.js").read_text()
            near = name.rpartition("/")[0]
            ahead += [f"{near}/{more}".strip("/") for more in NEEDS.findall(found[name])]
    calls = [call for text in found.values() for call in SAYS.findall(text)]
    said = {word for call in calls for word in WORD.findall(call)}
    town = await live_town(store)
    _, body = await got(app, f"/m/{town.meeting.slug}", SAME)
    told = re.search(r'id="sentences">(.*?)</script>', body.decode())
    assert told is not None and {"receipts", "ticket", "view"} <= set(found)
    there = [key.removeprefix("js.") for key in json.loads(told[1])]
    assert [word for word in said if not any(key.startswith(word) for key in there)] == []
    assert not any(key.startswith("desk_") for key in there)


async def test_static_files_come_packed_to_who_takes_it(app: Quart) -> None:
    plain = (FRONTEND / "static/js/board.js").read_text()
    for headers, coding in (
        (GZIP, "gzip"),
        (SAME, None),
        ({**GZIP, "Accept-Encoding": "br"}, None),
    ):
        told, body = await got(app, "/static/js/board.js", headers)
        assert told.get("Content-Encoding") == coding and told["Vary"] == "Accept-Encoding"
        assert int(told["Content-Length"]) == len(body)
        said = (gzip.decompress(body) if coding else body).decode()
        assert said == (bare(plain, ".js") if coding else plain)
    told, _ = await got(app, "/static/js/board.js", GZIP)
    again = await app.test_client().get(
        "/static/js/board.js", headers={**GZIP, "If-None-Match": told["ETag"]}
    )
    assert again.status_code == 304


def test_nothing_but_comments_and_indentation_is_left_out() -> None:
    said = """/**\n * Why. @param {a} b\n */\n/** @typedef {x} Y */\nconst a = /** @type {B} */ (b);
  // all of a line
  f("https://a//b"); // beside
  /** one */\n  const c = /** @type {(n: number) => void} */ (g);\n  a * b; /* kept */ d */ e/;
"""
    assert bare(said, ".js") == (
        'const a = (b);\nf("https://a//b"); // beside\nconst c = (g);\na * b; /* kept */ d */ e/;\n'
    )
    assert bare("/* of\n it */\na { b: c; }\n", ".css") == "a { b: c; }\n"


@pytest.mark.parametrize("file", sorted((FRONTEND / "static").rglob("*.js")), ids=lambda f: f.name)
def test_no_text_of_a_script_spans_lines_or_looks_like_a_comment(file: Path) -> None:
    for line in file.read_text().splitlines():
        assert line.count("`") % 2 == 0, line
        assert not re.search(r"""["'`][^"'`]*/\*[^"'`]*["'`]""", line.split("/** @type")[0]), line


def test_the_board_names_the_scripts_that_it_needs_at_once() -> None:
    found: set[str] = set()
    new = {"page", "meeting"}
    while new:
        found |= new
        texts = [(FRONTEND / f"static/js/{name}.js").read_text() for name in new]
        new = {
            name for text in texts for name in re.findall(r'from "\./([\w/]+)\.js";', text)
        } - found
    assert set(MODULES.split()) == found - {"page", "meeting"}


async def test_a_long_board_holds_some_rows_and_a_link_to_all(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    for _ in range(ROWS_DRAWN + 2):
        asked = await town.ask(asker)
        await decide.list_question(store, town.meeting, moderator, asked.q, asked.revision, NOW)
    path = f"/m/{town.meeting.slug}"
    for query, drawn in (("", ROWS_DRAWN), ("?all=1", ROWS_DRAWN + 2)):
        _, body = await got(app, path + query, SAME)
        assert body.decode().partition("<template")[0].count('class="row"') == drawn
        assert (b'id="all-rows"' in body) == (query == "")


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


async def test_own_votes_and_questions_are_named_on_the_board_in_no_fixed_order(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    for _ in range(12):
        await town.listed()
    client = app.test_client()
    path = f"/m/{town.meeting.slug}"
    page = await (await client.get(f"{path}/join", headers=SAME)).get_data(as_text=True)
    csrf = re.search(r'name="csrf" value="(\w{64})"', page)
    assert csrf is not None
    form = {"csrf": csrf[1], "code": town.meeting.code}
    await client.post(f"{path}/join", headers=SAME, form=form)
    page = await (await client.get(path, headers=SAME)).get_data(as_text=True)
    csrf = re.search(r'name="csrf" value="(\w{64})"', page)
    assert csrf is not None
    for n in range(1, 13):
        form = {"csrf": csrf[1], "on": str(n)}
        assert (await client.post(f"{path}/vote", headers=SAME, form=form)).status_code == 303
    orders = set()
    for _ in range(5):
        page = await (await client.get(path, headers=SAME)).get_data(as_text=True)
        told = re.search(r'data-votes="([\d ]+)"', page)
        assert told is not None and sorted(map(int, told[1].split())) == list(range(1, 13))
        orders.add(told[1])
    assert len(orders) > 1
