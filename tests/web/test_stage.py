"""The stage shows the board's words; the host steps along the line; neither knows the queue."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import stage
from server.domain.roles import Role
from server.store.events import Entry
from server.web.player import PLAYER
from tests.acts.building import NOW, live_town
from tests.web.browsing import SAME, Browser, Client, staffed, until
from tests.web.hearing import streams_of

VENDOR = Path(__file__).parents[2] / "frontend" / "vendor"


def _hidden(page: str, action: str, name: str) -> str:
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found is not None, (action, name)
    return found[1]


async def test_the_host_steps_along_the_line_by_plain_forms(store: Redis, app: Quart) -> None:
    town = await live_town(store, stream_url="https://v.example/w", stream_delay_s=20)
    moderator = await town.moderator()
    first, second = (
        await town.listed(text="Why is it cold?"),
        await town.listed(text="Why so dark?"),
    )
    await town.ask(await town.attendee(), "A text that still waits")
    await stage.arrange(store, town.meeting, moderator, [2, 1], 0, NOW)
    browser, at = await staffed(app, town, Role.HOST), f"/m/{town.meeting.slug}/host"
    page = await browser.get(at)
    assert "Why so dark?" in page and "still waits" not in page
    page = await browser.post(f"{at}/next")
    assert (await town.look(second.q)).state == "on_air"
    fields = {name: _hidden(page, f"{at}/skip", name) for name in ("q", "revision")}
    await browser.post(f"{at}/skip", None, **fields, reason="because")
    assert browser.status == 400 and "not a reason to skip" in browser.text
    page = await browser.post(f"{at}/skip", None, **fields, reason="no-time")
    assert (await town.look(second.q)).state == "listed"
    page = await browser.post(f"{at}/next")
    fields = {name: _hidden(page, f"{at}/answer", name) for name in ("q", "revision")}
    await browser.post(f"{at}/answer", None, **fields, stream_s="1:2:3:4", text="")
    assert browser.status == 400 and "such as 1:02:03" in browser.text
    await browser.post(f"{at}/answer", None, **fields, stream_s="1:40", text="")
    answered = await town.look(first.q)
    assert (answered.state, answered.stream_s) == ("answered", 100)
    reader = Browser(app)

    async def linked() -> bool:
        page = await reader.get(f"/m/{town.meeting.slug}/answers")
        return 'href="https://v.example/w#t=120"' in page

    await until(linked, "the answer's link is on the page")
    await town.published()
    assert "There was no time left for it." in await browser.get(f"/m/{town.meeting.slug}/q/2")
    await browser.post(f"{at}/answer", None, **fields, stream_s="100", text="")
    assert browser.status == 409
    await Browser(app).get(at)


async def test_the_hosts_page_is_never_ahead_of_the_board_that_it_is_held_against(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    boards, behind = streams_of(app).node.boards, asyncio.Event()
    await town.listed(text="Why is it cold?")
    await stage.arrange(store, town.meeting, await town.moderator(), [1], 0, NOW)
    browser, at = await staffed(app, town, Role.HOST), f"/m/{town.meeting.slug}/host"
    await browser.get(at)
    fold = boards.fold

    async def later(meeting: str, entries: list[Entry]) -> list[str]:
        await behind.wait()
        return await fold(meeting, entries)

    monkeypatch.setattr(boards, "fold", later)
    stepping = asyncio.create_task(browser.post(f"{at}/next"))
    await asyncio.wait({stepping}, timeout=0.5)  # a page that does not wait is there by then
    behind.set()
    board = await boards.follow(town.meeting.id)
    assert "Why is it cold?" in await stepping
    assert [row.state for row in board.rows.values()] == ["on_air"]
    assert (await stepping).count("Why is it cold?") == 1  # on air alone, not among the wanted ones


async def test_the_stage_opens_before_anything_exists_and_for_readers_alone(
    store: Redis, app: Quart
) -> None:
    town, closed = await live_town(store), await live_town(store, readers="attendees")
    browser = Browser(app)
    for query in ("", "?overlay=1"):
        page = await browser.get(f"/m/{town.meeting.slug}/stage{query}")
        assert browser.status == 200 and "<form" not in page.replace('<form method="dialog"', "")
        await browser.get(f"/m/{closed.meeting.slug}/stage{query}")
        assert browser.status == 401
    for slug, expected in ((town.meeting.slug, 200), (closed.meeting.slug, 401)):
        path = f"/meetings/{slug}/stage-ticket"
        status, told = await Client(app).send("POST", path, headers=SAME)
        assert status == expected and ("ticket" in told) == (expected == 200)
    await browser.get(f"/m/{town.meeting.slug}/host")
    assert browser.status == 401


async def test_what_is_on_air_and_in_line_comes_from_the_board(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    first = await town.listed(text="Why is it cold?")
    await town.listed(text="Why so dark?")
    await stage.arrange(store, town.meeting, moderator, [2], 0, NOW)
    await stage.pick(store, town.meeting, moderator, first.q, first.revision, NOW)
    browser, at = Browser(app), f"/m/{town.meeting.slug}/stage"

    async def shown() -> bool:
        page = await browser.get(at)
        line = page.partition('id="next"')[2].partition("</ol>")[0]
        air = page.partition('id="air"')[2].partition("</p>")[0]
        return "Why is it cold?" in air and "Why so dark?" in line

    await until(shown, "stage shows what is on air and next")


async def test_the_policy_lets_the_streams_origin_through_on_the_board_alone(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store, stream_url="https://v.example:8443/live.m3u8")
    browser, slug = Browser(app), town.meeting.slug
    page = await browser.get(f"/m/{slug}?at=95")
    policy = browser.headers["content-security-policy"]
    assert "media-src blob: https://v.example:8443" in policy
    assert re.search(r"connect-src [^;]*https://v\.example:8443", policy)
    assert "<video" not in page and f"/vendor/{PLAYER}" in page and 'data-at="95"' in page
    for path in (f"/m/{slug}/answers", f"/m/{slug}/stage", f"/m/{slug}/screened-out", "/"):
        await browser.get(path)
        assert "v.example" not in browser.headers["content-security-policy"]


async def test_a_link_is_no_player(store: Redis, app: Quart) -> None:
    town = await live_town(store, stream_url="https://v.example/watch")
    browser = Browser(app)
    page = await browser.get(f"/m/{town.meeting.slug}")
    assert 'href="https://v.example/watch"' in page and "stream.js" not in page
    assert "v.example" not in browser.headers["content-security-policy"]


async def test_the_vendored_player_is_what_its_table_says(app: Quart) -> None:
    table = (VENDOR / "README.md").read_text()
    files = [path for path in VENDOR.iterdir() if path.suffix == ".js"]
    assert [path.name for path in files] == [PLAYER]
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() in table
    assert (VENDOR / PLAYER.replace("light.min.js", "LICENSE")).exists()
    browser = Browser(app)
    await browser.get(f"/vendor/{PLAYER}")
    assert browser.status == 200 and "immutable" in browser.headers["cache-control"]
    await browser.get("/vendor/README.md")
    assert browser.status == 404
