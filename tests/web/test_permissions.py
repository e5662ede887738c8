"""Every door stands in one table, and no role gets through a door that the table closes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from server.domain.roles import MAY, Act, Role
from server.protocol.inbound import Inbound
from server.protocol.permissions import MESSAGES, ROUTES
from server.web import desk_forms
from server.web.app import create_app
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.acts.test_every_act import everything
from tests.web.browsing import SAME
from tests.web.test_told_record import site

ADDRESS = re.compile(r"<(?:(\w+):)?(\w+)>")
BODIES: dict[str, dict[str, Any]] = {
    "api.create_meeting": {"title": "Another hall"},
    "api.change_meeting": {"revision": 1, "title": "Another hall"},
    "api.invite": {"role": "host"},
    "api.ask": {"q": fresh_q(), "text": "Is this a fair question?"},
    "api.cast_vote": {"n": 1, "on": True, "c": 1},
    "api.list_question": {"revision": 1},
    "api.screen": {"revision": 1, "reason": "unclear"},
    "api.merge_question": {"revision": 1, "into": 9},
    "api.merge_copies_into": {"revision": 1, "copies": [{"q": fresh_q(), "revision": 1}]},
    "api.split_question": {"revision": 1},
    "api.split_all_questions": {"revision": 1},
    "api.word_question": {"revision": 1, "wording": "Is it fair?"},
    "api.send_back_question": {"revision": 1, "hint": "Say when."},
    "api.judge_question": {"revision": 1, "overturn": True},
    "api.dismiss_suggestion": {"other": fresh_q()},
    "api.arrange_line": {"revision": 7, "numbers": []},
    "api.pick_question": {"revision": 1},
    "api.return_question": {"revision": 1},
    "api.answer_question": {"revision": 1},
    "api.skip_question": {"revision": 1, "reason": "later"},
    "api.erase_question": {"n": 1, "revision": 99, "basis": "law"},
    "api.ask_export": {"id": fresh_q(), "kind": "csv"},
}
SIGNED_OUT_AT = {Act.CREATE_MEETING, Act.RUN_JOBS}


def test_every_route_and_every_message_is_in_the_table(app: Quart) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ROUTES)
    assert set(get_args(Inbound)) == set(MESSAGES)
    assert set(MAY) == set(Role)


async def test_a_route_that_is_not_in_the_table_answers_nobody(app: Quart) -> None:
    fresh = create_app(app.extensions["openfloor"])

    @fresh.get("/secret")
    async def secret() -> str:
        return "canary"

    response = await fresh.test_client().get("/secret", headers={"Host": "floor.example"})
    assert response.status_code == 500 and "canary" not in await response.get_data(as_text=True)


async def test_a_route_that_forgets_to_ask_answers_nobody(
    app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = create_app(app.extensions["openfloor"])

    async def careless(slug: str) -> str:
        return "canary"

    fresh.view_functions["pages.desk_page"] = careless
    response = await fresh.test_client().get("/m/x/desk", headers={"Host": "floor.example"})
    assert response.status_code == 500 and "canary" not in await response.get_data(as_text=True)


async def tokens_of(town: Town) -> dict[Role, str]:
    """A token for each role of this meeting; none for a reader."""
    attendee = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    found = {Role.READER: "nobody", Role.ATTENDEE: attendee.token}
    for role in (Role.MODERATOR, Role.HOST, Role.AUDITOR, Role.ORGANISER):
        link = await staff.invite(town.store, town.meeting, role, NOW)
        joined = await staff.redeem_invitation(town.store, town.meeting, link, NOW)
        found[role] = joined.token
    return found


async def knock(client: Any, rule: Any, slug: str, q: str, token: str) -> tuple[int, str]:
    """Status and text of one request to a route, with a body that it would take."""
    path = ADDRESS.sub(
        lambda at: {"slug": slug, "q": q, "n": "1", "capability": "none", "filename": "no"}.get(
            at[2], "none"
        ),
        rule.rule,
    )
    headers = {**SAME, "Authorization": f"Bearer {token}"}
    method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
    more: dict[str, Any] = {}
    if method != "GET" and rule.endpoint.startswith("api."):
        more["json"] = BODIES.get(rule.endpoint, {})
    elif method != "GET":
        page = await client.get("/", headers=headers)
        csrf = re.search(r'name="csrf" value="(\w+)"', await page.get_data(as_text=True))
        more["form"] = {"csrf": csrf[1] if csrf else "", "q": q, "n": "1", "revision": "1"}
    response = await client.open(path, method=method, headers=headers, **more)
    return response.status_code, await response.get_data(as_text=True)


async def test_role_by_route_by_own_or_other_meeting(store: Redis, app: Quart) -> None:
    own, other = await live_town(store), await live_town(store, title="Another town")
    tokens, question = await tokens_of(own), await own.listed()
    client = app.test_client()
    guarded = [r for r in app.url_map.iter_rules() if ROUTES[r.endpoint] not in MAY[Role.READER]]
    assert len(guarded) > 20
    for rule in guarded:
        act = ROUTES[rule.endpoint]
        for role, token in tokens.items():
            status, _ = await knock(client, rule, own.meeting.slug, question.q, token)
            # An invited organiser has one meeting; making others is the deployment's organiser's.
            allowed = act in MAY[role] and act not in SIGNED_OUT_AT
            assert status < 500 and (status not in (401, 403)) == allowed, (
                rule.endpoint,
                role,
                status,
            )
            if "<slug>" in rule.rule:
                status, _ = await knock(client, rule, other.meeting.slug, question.q, token)
                assert status == 401, (rule.endpoint, role, status)


async def test_foreign_and_missing_ids_look_the_same(store: Redis, app: Quart) -> None:
    own, other = await live_town(store), await live_town(store, title="Another town")
    tokens, foreign = await tokens_of(own), await other.listed()
    stranger = await own.ask(await own.attendee())
    client, slug = app.test_client(), own.meeting.slug
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    doors = [
        ("api.withdraw", Role.ATTENDEE, [foreign.q, stranger.q, fresh_q(), "short"]),
        ("pages.withdraw", Role.ATTENDEE, [foreign.q, stranger.q, fresh_q(), "short"]),
        ("api.erase_own_question", Role.ATTENDEE, [foreign.q, stranger.q, fresh_q(), "short"]),
        ("api.list_question", Role.MODERATOR, [foreign.q, fresh_q(), "short"]),
        ("api.screen", Role.MODERATOR, [foreign.q, fresh_q(), "short"]),
    ]
    for name, role, ids in doors:
        answers = [await knock(client, rules[name], slug, q, tokens[role]) for q in ids]
        assert {status for status, _ in answers} == {404}, name
        assert len({re.sub(r'value="\w{64}"', "", text) for _, text in answers}) == 1, name


def forged(rule: Any, q: str, foreign: str) -> list[tuple[str, dict[str, Any]]]:
    """Requests to a route on a question, each with another meeting's where one of its own belongs."""
    body = BODIES.get(rule.endpoint, {})
    found = [(foreign, body)]
    if rule.endpoint == "api.merge_copies_into":
        found.append((q, {**body, "revision": 2, "copies": [{"q": foreign, "revision": 2}]}))
    if rule.endpoint == "api.dismiss_suggestion":
        found.append((q, {"other": foreign}))
    return found


async def test_no_act_of_a_moderator_reaches_a_question_of_another_meeting(
    store: Redis, tmp_path: Path
) -> None:
    app = site(store, tmp_path)  # no sequencer writes to the store meanwhile
    own, other = await live_town(store), await live_town(store, title="Another town")
    tokens, question, foreign = await tokens_of(own), await own.listed(), await other.listed()
    client, before = app.test_client(), (await everything(own), await everything(other))
    rules = [
        r
        for r in app.url_map.iter_rules()
        if "/questions/<q>/" in r.rule and "POST" in (r.methods or ())
    ]
    doors = [r for r in rules if ROUTES[r.endpoint] in MAY[Role.MODERATOR]]
    assert len(doors) > 12
    for rule in doors:
        for q, body in forged(rule, question.q, foreign.q):
            path = rule.rule.replace("<slug>", own.meeting.slug).replace("<q>", q)
            headers = {**SAME, "Authorization": f"Bearer {tokens[Role.MODERATOR]}"}
            answer = await client.post(path, headers=headers, json=body)
            assert answer.status_code in (404, 409), (rule.endpoint, answer.status_code)
    assert (await everything(own), await everything(other)) == before


async def test_role_by_form_of_the_desk(store: Redis, app: Quart) -> None:
    own, other = await live_town(store), await live_town(store, title="Another town")
    tokens, question = await tokens_of(own), await own.listed()
    client = app.test_client()
    async with app.test_request_context("/", headers={"Host": "floor.example"}):
        forms = {name: needed for name, (needed, _) in desk_forms.ACTS.items()}
    forms["nonsense"] = Act.READ_WAITING
    for name, act in forms.items():
        for role, token in tokens.items():
            for town in (own, other):
                status = await posted(client, town.meeting.slug, name, question.q, token)
                allowed = town is own and act in MAY[role] and Act.READ_WAITING in MAY[role]
                assert status < 500 and (status not in (401, 403)) == allowed, (name, role, status)


async def posted(client: Any, slug: str, act: str, q: str, token: str) -> int:
    """The status of one form of the desk, with fields that it refuses at the earliest."""
    headers = {**SAME, "Authorization": f"Bearer {token}"}
    page = await (await client.get("/", headers=headers)).get_data(as_text=True)
    csrf = re.search(r'name="csrf" value="(\w+)"', page)
    fields = {"csrf": csrf[1] if csrf else "", "q": q, "n": "x", "revision": "x"}
    response = await client.post(f"/m/{slug}/desk/{act}", headers=headers, form=fields)
    status: int = response.status_code
    return status
