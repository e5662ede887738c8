"""A meeting that has closed for good: what stays to be read, and what is forgotten."""

from __future__ import annotations

from quart import Quart
from redis.asyncio import Redis

from server.acts import closing, meetings
from server.live.boards import Boards
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser, Client, until


async def closed(town: Town) -> None:
    """Close the meeting, and give every question its end, as the clock does."""
    town.meeting = await meetings.change(
        town.store, town.meeting, {"phase": "closed"}, "org:1", NOW
    )
    while await closing.settle(town.store, town.meeting, NOW):
        pass


async def test_readers_still_find_what_was_not_reached_and_never_what_nobody_reviewed(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await town.listed(text="Was the roof ever mended?")
    await town.ask(await town.attendee(), "Did anybody read this canary?")
    reader, path = Browser(app), f"/m/{town.meeting.slug}"
    assert "the roof" in await reader.get(path)
    await closed(town)

    async def told() -> bool:
        page = await reader.get(path)
        return 'data-state="not_reached"' in page and "the roof" in page

    await until(told, "the page shows the question that was not reached")
    assert "canary" not in reader.text and 'id="listed">1<' in reader.text
    assert "the roof" in await reader.get(f"{path}?search=ROOF")
    _, board = await Client(app).send("GET", f"/meetings/{town.meeting.slug}/questions")
    assert [row["state"] for row in board["questions"]] == ["not_reached"]
    assert board["counts"]["not_reached"] == 1
    anew = await Boards(store).follow(town.meeting.id)  # as a server that starts now reads it
    assert {n: row.state for n, row in anew.rows.items()} == {1: "not_reached"}
    assert anew.counts == board["counts"]
