"""What is said of a store that is away: whether something may have been saved, and where to go on."""

from __future__ import annotations

import pytest
from quart import Quart
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server.acts import admission, staff
from server.catalogue import catalogue
from server.domain.roles import Role
from server.store.circuit import StoreAway
from server.web import app as application
from server.web import away
from tests.acts.building import NOW, live_town
from tests.web.browsing import Client


@pytest.mark.parametrize(
    ("method", "error", "said"),
    [
        ("POST", StoreAway("probes fail"), "not_saved"),
        ("POST", ResponseError("MISCONF the disk is full"), "not_saved"),
        ("POST", RedisTimeoutError("no answer"), "not_known"),
        ("POST", RedisConnectionError("closed while reading"), "not_known"),
        ("GET", RedisTimeoutError("no answer"), "not_shown"),
    ],
)
async def test_nothing_is_called_unsaved_that_the_store_may_have_taken(
    app: Quart, method: str, error: RedisError, said: str
) -> None:
    async with app.test_request_context("/m/x/desk/list", method=method):
        assert away.words(error) == said
        assert catalogue("en")[f"away.{said}"] == away.DETAILS[said]


@pytest.mark.parametrize(
    ("method", "path", "back"),
    [
        ("POST", "/m/x/desk/list?queue=listed&by=askers", "/m/x/desk?queue=listed&by=askers"),
        ("POST", "/m/x/host/next", "/m/x/host"),
        ("POST", "/m/x/vote", "/m/x"),
        ("GET", "/m/x/desk", "/m/x"),
        ("POST", "/join", "/"),
    ],
)
async def test_the_way_back_leads_to_the_page_that_a_form_was_on(
    app: Quart, method: str, path: str, back: str
) -> None:
    async with app.test_request_context(path, method=method):
        assert application._back() == back


async def test_who_cannot_be_known_while_the_store_is_away_is_not_called_signed_out(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    link = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    moderator = await staff.redeem_invitation(store, town.meeting, link, NOW)

    async def silent(*_: object) -> None:
        raise RedisTimeoutError("no answer")

    monkeypatch.setattr(admission, "who", silent)
    for token, status in ((moderator.token, 503), ("", 401)):
        client, at = Client(app, token), f"/m/{town.meeting.slug}/desk"
        response = await client._client.get(at, headers=client._headers)
        assert response.status_code == status
        told, _ = await client.send("GET", f"/meetings/{town.meeting.slug}/desk")
        assert told == status
