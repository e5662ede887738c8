"""Bad input over the API: a clear answer, nothing lost, never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, meetings, staff
from server.domain.roles import Role
from tests.acts.building import NOW, fresh_q, live_town
from tests.web.browsing import Client

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"q":"x","q":"y"}', 400),
        (b'{"text":NaN}', 400),
        (b'{"text":"\\ud800"}', 400),
        (b"\xff", 400),
        (b"[" * 5000, 400),
        (b'{"text":"' + b"a" * 20_000 + b'"}', 413),
        (b'{"text":"' + b"a" * 90_000 + b'"}', 413),
        (b'{"unheard":1}', 400),
        (b'{"q":7}', 400),
        (b'{"q":"short","text":"Is this long enough?"}', 404),
    ],
)
async def test_a_nasty_body_is_answered_in_words(
    store: Redis, app: Quart, raw: bytes, status: int
) -> None:
    town = await live_town(store)
    token = (await admission.join(store, town.meeting, town.meeting.code, NOW)).token
    path = f"/meetings/{town.meeting.slug}/questions"
    got, answer = await Client(app, token).send("POST", path, data=raw, headers=JSON)
    assert got == status and answer["error"]["message"]


async def test_the_wrong_type_and_the_wrong_host_are_refused(store: Redis, app: Quart) -> None:
    status, _ = await Client(app).send("POST", "/organise", data=b"{}", headers={"Origin": "null"})
    assert status == 403
    status, _ = await Client(app, "t").send("POST", "/organise", data=b"{}")
    assert status == 415
    status, _ = await Client(app).send("GET", "/meetings/x", headers={"Host": "evil.example"})
    assert status == 400


async def test_a_question_goes_from_api_to_board_and_votes_count(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    path, q = f"/meetings/{town.meeting.slug}", fresh_q()
    asker = Client(app, (await admission.join(store, town.meeting, town.meeting.code, NOW)).token)
    voter = Client(app, (await admission.join(store, town.meeting, town.meeting.code, NOW)).token)
    invitation = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    _, staffed = await Client(app, "x").send("POST", f"{path}/staff", {"token": invitation})
    moderator = Client(app, staffed["token"])
    text = "When is lunch served?"
    status, receipt = await asker.send("POST", f"{path}/questions", {"q": q, "text": text})
    assert (status, receipt["number"]) == (201, 1)
    _, again = await asker.send("POST", f"{path}/questions", {"q": q, "text": text})
    assert again == receipt
    status, _ = await moderator.send("POST", f"{path}/questions/{q}/list", {"revision": 9})
    assert status == 409
    status, _ = await moderator.send("POST", f"{path}/questions/{q}/list", {"revision": 1})
    assert status == 200
    for client, n, expected in ((voter, 1, 200), (asker, 1, 409), (voter, 9, 404)):
        status, _ = await client.send("POST", f"{path}/votes", {"n": n, "on": True, "c": 1})
        assert status == expected
    current = await meetings.by_id(store, town.meeting.id)
    assert current is not None
    await meetings.change(store, current, {"voting": False}, "org:1", NOW)
    status, answer = await voter.send("POST", f"{path}/votes", {"n": 1, "on": False, "c": 2})
    assert (status, answer["error"]["code"]) == (409, "closed")
    _, own = await voter.send("GET", f"{path}/votes")
    assert own.pop("at")
    assert own == {"own": [], "votes": [1]}


async def test_no_role_reaches_what_the_table_denies(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    path = f"/meetings/{town.meeting.slug}"
    attendee = (await admission.join(store, town.meeting, town.meeting.code, NOW)).token
    tokens: dict[str, str] = {"attendee": attendee, "reader": ""}
    for role in (Role.MODERATOR, Role.HOST, Role.AUDITOR):
        invitation = await staff.invite(store, town.meeting, role, NOW)
        joined = await staff.redeem_invitation(store, town.meeting, invitation, NOW)
        tokens[role.value] = joined.token
    requests: list[tuple[str, str, Any, set[str]]] = [
        ("GET", f"{path}/waiting", None, {"moderator", "auditor"}),
        ("POST", f"{path}/questions/{fresh_q()}/list", {"revision": 1}, {"moderator"}),
        ("POST", f"{path}/votes", {"n": 1, "on": True, "c": 1}, {"attendee"}),
        ("POST", f"{path}/questions", {"q": fresh_q(), "text": "A fair question?"}, {"attendee"}),
        ("PATCH", path, {"revision": 1, "title": "Another"}, set()),
        ("POST", f"{path}/invitations", {"role": "host"}, set()),
        ("POST", "/meetings", {"title": "Another"}, set()),
        ("GET", f"{path}/mine", None, {"attendee"}),
    ]
    for method, where, value, allowed in requests:
        for role_name, token in tokens.items():
            client = Client(app, token or "nobody")
            status, _ = await client.send(method, where, value)
            assert (status in (401, 403)) != (role_name in allowed), (method, where, role_name)
