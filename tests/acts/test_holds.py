"""What a limit holds back stands in the desk's log: counted, once a minute, naming nobody."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis

from server.acts import holds
from server.domain.refusals import Refused
from server.store import desk_log, keys, typed
from server.translog import leaf
from tests.acts.building import NOW, live_town


async def test_submissions_that_a_limit_refuses_are_counted_and_told_once_a_minute(
    store: Redis,
) -> None:
    town = await live_town(store, submit_limit=1)
    eager, m = await town.attendee(), town.meeting.id
    assert await holds.tell(store, m, NOW) == 0
    await town.ask(eager)
    for _ in range(2):
        with pytest.raises(Refused):
            await town.submit(eager)
    assert await holds.tell(store, m, NOW) == 2
    with pytest.raises(Refused):
        await town.submit(eager)
    assert await holds.tell(store, m, NOW + 59_999) == 0
    assert await holds.tell(store, m, NOW + 60_000) == 1
    told = [act.intent for act in await desk_log.page(store, m, None, 2)]
    assert [(act["t"], act["rule"], act["count"]) for act in told] == [
        ("m.hold", "submit", 1),
        ("m.hold", "submit", 2),
    ]
    # The public log takes it: a leaf of exactly these fields.
    raw = (await typed.entries(store, keys.intake(m), "", 100))[-1][1]["intent"]
    made = json.loads(leaf.finish(leaf.read_intent(raw), NOW // 1000, None))
    assert made == {"v": 1, "t": "m.hold", "rule": "submit", "count": 1, "at": NOW // 1000}
