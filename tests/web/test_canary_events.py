"""The stream of events tells a canary to nobody, as the socket does not (test_canary.py)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.acts import decide
from tests.acts.building import NOW
from tests.web.hearing import WITHIN_S, listen_to, port_of, someone
from tests.web.test_canary import caged, leaks


async def test_no_event_carries_a_canary_to_an_attendee(store: Redis, app: Quart) -> None:
    cage = await caged(store)
    town, moderator = cage.town, await cage.town.moderator()
    person = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await person.ticket())
        heard: list[Any] = [await ear.hear("snapshot")]
        listed = await town.listed(cage.asker.sign_in, "A text that is listed first")
        async with asyncio.timeout(WITHIN_S):
            while "listed first" not in str(heard):
                heard.append(await ear.event())
        await decide.screen_out(
            store, town.meeting, moderator, listed.q, listed.revision, "abusive", "", None, NOW
        )
        async with asyncio.timeout(WITHIN_S):
            while f"'gone': [{listed.number}]" not in str(heard):
                heard.append(await ear.event())
        ear.hang_up()
    assert not leaks(cage.secrets, json.dumps(heard, ensure_ascii=False).encode())
