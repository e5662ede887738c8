"""Where only attendees may read, no door shows a text to anybody else; and odd input is refused."""

from __future__ import annotations

import json

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.web.browsing import SAME, Browser, Client, until
from tests.web.test_pages import asked, joined, moderating

TEXT = "Seen by nobody outside, or is it?"


async def _listed(app: Quart, town: Town) -> None:
    asker = await joined(app, town)
    await asked(asker, town, TEXT)
    moderator = await moderating(app, town)
    q = moderator.text.partition('name="q" value="')[2][:22]
    await moderator.post(f"/m/{town.meeting.slug}/desk/list", q=q, revision="1")


async def test_a_meeting_for_attendees_shows_strangers_nothing(store: Redis, app: Quart) -> None:
    town = await live_town(store, readers="attendees")
    await _listed(app, town)
    stranger, slug = Browser(app), town.meeting.slug
    for path in ("", "/q/1", "/screened-out", "/screened-out.json", "/screened-out.csv"):
        assert (
            "nobody outside" not in await stranger.get(f"/m/{slug}{path}")
            and stranger.status == 401
        )
    token = (await admission.join(store, town.meeting, town.meeting.code, NOW)).token

    async def on_the_board() -> bool:
        status, _ = await Client(app, token).send("GET", f"/meetings/{slug}/questions/1")
        return status == 200

    await until(on_the_board, "the listed question is on the board")
    for path in ("/questions", "/questions/1"):
        status, answer = await Client(app).send("GET", f"/meetings/{slug}{path}")
        assert status == 401 and "nobody outside" not in json.dumps(answer)
        status, answer = await Client(app, token).send("GET", f"/meetings/{slug}{path}")
        assert status == 200 and "nobody outside" in json.dumps(answer)


async def test_a_form_that_is_not_utf8_is_refused(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    browser = await joined(app, town)
    await browser.get(f"/m/{town.meeting.slug}")
    csrf = browser.text.partition('name="csrf" value="')[2][:64]
    body = f"csrf={csrf}&q={fresh_q()}&lang=en&text=%ff%fe+is+this+a+text".encode()
    headers = {**SAME, "Content-Type": "application/x-www-form-urlencoded"}
    path = f"/m/{town.meeting.slug}/ask"
    response = await browser._client.post(path, data=body, headers=headers)
    assert response.status_code == 400


async def test_true_is_no_revision(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    token = await staff.redeem_organiser_link(store, await staff.new_organiser_link(store), NOW)
    client, path = Client(app, token), f"/meetings/{town.meeting.slug}"
    for revision in (True, "1", 1.0):
        fields = {"revision": revision, "title": "Another title"}
        assert (await client.send("PATCH", path, fields))[0] == 400
