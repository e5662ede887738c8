"""More join at once than one server takes in."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.live import turnstile as live_turnstile
from server.live.port import Port
from tests.acts.building import live_town
from tests.web.conftest import now_ms
from tests.web.hearing import listen_to, port_of, someone, streams_of


async def test_fifty_who_join_at_once_get_places_that_fall_and_all_come_in(
    store: Redis, app: Quart
) -> None:
    town, streams = await live_town(store), streams_of(app)
    streams.turnstile._per_s = 40
    crowd = [await someone(app, town) for _ in range(50)]
    told: dict[int, list[int]] = {}
    # Others came just before, and the clock stands until one has to wait: however slow the machine, it is
    # a crowd.
    began = now_ms()

    def clock() -> int:
        return now_ms() if told else began

    streams.turnstile._last = began + 2_000
    app.extensions["openfloor"] = replace(app.extensions["openfloor"], clock=clock)

    async def come_in(port: Port, at: int) -> str:
        status, answer = await crowd[at].client.send("POST", f"{crowd[at].at}/ticket")
        while status == 202:
            told.setdefault(at, []).append(answer["place"]["number"])
            await asyncio.sleep(answer["place"]["again_s"])
            slip = {"slip": answer["place"]["slip"]}
            status, answer = await crowd[at].client.send("POST", f"{crowd[at].at}/ticket", slip)
        ear = await listen_to(port, town.meeting.slug, answer["ticket"])
        return str((await ear.hear("welcome"))["role"])

    async with port_of(app) as port:
        roles = await asyncio.gather(*(come_in(port, at) for at in range(50)))
    assert roles == ["attendee"] * 50 and told
    for numbers in told.values():
        assert numbers == sorted(numbers, reverse=True)


async def test_where_too_many_wait_it_is_said(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_turnstile, "LONGEST", 0)
    town = await live_town(store)
    one = await someone(app, town)
    streams_of(app).turnstile._last = now_ms() + 600_000
    status, told = await one.client.send("POST", f"{one.at}/ticket")
    assert (status, told["error"]["code"]) == (503, "busy") and told["error"]["retry_in"] == 30
