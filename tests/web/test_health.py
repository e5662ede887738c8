"""Health as probes and scrapers ask for it: by names that no other site's page can come under."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.store import keys
from tests.acts.building import live_town
from tests.sequencer.building import sequencer_in, settle
from tests.web.browsing import Browser
from tests.web.organising import organising
from tests.web.test_told_record import site


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("floor.example", 200),
        ("Floor.Example", 200),
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("10.0.3.7", 200),
        ("[::1]:8000", 200),
        ("server-1:8000", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("", 400),
    ],
)
async def test_probes_ask_by_address_and_other_sites_names_are_refused(
    store: Redis, app: Quart, path: str, host: str, status: int
) -> None:
    answer = await app.test_client().get(path, headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "server-1:8000"])
async def test_nothing_else_is_served_by_such_a_name(app: Quart, host: str) -> None:
    answer = await app.test_client().get("/", headers={"Host": host})
    assert answer.status_code == 400


async def test_readiness_tells_how_the_logs_stand(store: Redis, tmp_path: Path) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    await settle(sequencer, store)
    before = site(store, tmp_path)
    await town.submit(await town.attendee())
    told = [
        json.loads(await Browser(app).get("/readyz"))["log"]
        for app in (before, site(store, tmp_path, 6_000))
    ]
    assert [one["behind"] for one in told] == [False, True] and told[1]["halted"] == 0
    await settle(sequencer, store)
    late = Browser(site(store, tmp_path, 6_000))
    assert json.loads(await late.get("/readyz"))["log"]["behind"] is False


async def test_operators_see_what_of_the_meetings_is_passed_over(store: Redis, app: Quart) -> None:
    await live_town(store)
    browser = Browser(app)
    assert json.loads(await browser.get("/readyz"))["odd"] == 0
    await store.xadd(keys.MEETINGS, {"meeting": "../../etc"})
    await store.xadd(keys.MEETINGS, {"meeting": b"\xff\xfe"})
    await store.hset(keys.meeting((await live_town(store)).meeting.id), "json", "[1]")
    assert json.loads(await browser.get("/readyz"))["odd"] == 3
    assert "openfloor_meetings_odd 3.0" in await browser.get("/metrics")
    page = await (await organising(app, store)).get("/organise/jobs")
    assert "The store holds 3 entries or records of meetings" in page
