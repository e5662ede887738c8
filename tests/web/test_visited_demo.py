"""A visitor with one of the demo's printed links acts in between: the play goes on and comes to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from server.domain.question import State
from server.domain.roles import Role
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import PATIENCE_S, Client, until
from tools.demo.hall import Hall
from tools.demo.play import FAST, Play
from tools.demo.script import Line, Script
from tools.replay.door import Door
from tools.replay.http import Answer, Body, JsonClient

PACE = replace(FAST, ask=0.0, decide=0.01, vote=0.01, stage=0.01)
SCRIPT = Script("A meeting", ("en",), (Line("Who waters the plants in the corridor?", "en"),))


async def nobody(path: str) -> None:
    """Nobody acts in between."""


class InProcess:
    """The demo's way to a server, which here is the application in this process; `between` is what somebody
    does before the answer to a request arrives."""

    def __init__(self, app: Quart, between: Callable[[str], Awaitable[None]] = nobody) -> None:
        self._app, self._between = app, between

    async def request(
        self, method: str, path: str, *, token: str | None = None, body: Body | None = None
    ) -> Answer:
        headers = {"Host": "floor.example", "Authorization": f"Bearer {token}"}
        answer = await self._app.test_client().open(path, method=method, json=body, headers=headers)
        told = Answer(answer.status_code, cast(Body, await answer.get_json()), None)
        await self._between(path)
        return told


async def staff_token(town: Town, role: Role) -> str:
    link = await staff.invite(town.store, town.meeting, role, NOW)
    return (await staff.redeem_invitation(town.store, town.meeting, link, NOW)).token


async def played(
    app: Quart, town: Town, between: Callable[[str], Awaitable[None]] = nobody
) -> Play:
    meeting = town.meeting
    moderators = tuple([await staff_token(town, Role.MODERATOR) for _ in range(3)])
    people = [await admission.join(town.store, meeting, meeting.code, NOW) for _ in range(3)]
    hall = Hall(
        Door(cast(JsonClient, InProcess(app, between))),
        meeting.slug,
        meeting.code,
        "",
        moderators,
        await staff_token(town, Role.HOST),
        tuple(joined.token for joined in people),
        {},
    )
    return Play(hall, SCRIPT, PACE)


async def test_a_second_host_who_answers_first_ends_nothing(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    question = await town.listed()
    visitor = Client(app, await staff_token(town, Role.HOST))
    answered = f"/meetings/{town.meeting.slug}/questions/{question.q}/answer"

    async def is_quicker(path: str) -> None:
        if path.endswith("/line/next"):
            revision = (await town.look(question.q)).revision
            assert (await visitor.send("POST", answered, {"revision": revision}))[0] == 200

    play = await played(app, town, is_quicker)
    await asyncio.wait_for(play.stage(1), PATIENCE_S)
    assert play.told["on air"] == 1 and play.told["answered"] == 0
    assert (await town.look(question.q)).state is State.ANSWERED


async def test_moderators_end_when_a_visitor_decided_in_their_place(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    play, visitor = await played(app, town), await staff_token(town, Role.MODERATOR)
    await play.ask_all()
    found: list[Any] = []

    async def waits() -> bool:
        found[:] = cast("list[Any]", (await play.hall.call(visitor, "waiting"))["questions"])
        return bool(found)

    await until(waits, "the question has its number")
    decided: Body = {"revision": found[0]["revision"]}
    await play.hall.call(visitor, f"questions/{found[0]['q']}/list", decided)
    await asyncio.wait_for(play.moderate(play.hall.moderators[0]), PATIENCE_S)
    assert play.decided == 0


async def test_votes_go_on_where_the_board_is_refused(store: Redis, app: Quart) -> None:
    town, asked = await live_town(store), list[str]()

    async def noted(path: str) -> None:
        asked.append(path)

    play = await played(app, town, noted)
    play.hall = replace(play.hall, attendees=("gone", *play.hall.attendees[1:]), slug="nowhere")
    voting = asyncio.create_task(play.vote())

    async def again() -> bool:
        return voting.done() or len(asked) > 1

    await until(again, "it looks again after a refusal")
    assert not voting.done()
    voting.cancel()
    await asyncio.wait({voting})
