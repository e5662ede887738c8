"""Staff that come and go: labels, revocations, links issued anew, and who signs out."""

from __future__ import annotations

import json
import re

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from server.domain.roles import Role
from server.store import rebuilding
from server.web import rendering
from tests.acts.building import NOW, live_town
from tests.web.browsing import Browser
from tests.web.organising import intents, organising


def _id_of(page: str, which: int = 0) -> str:
    found: list[str] = re.findall(r'name="id" value="([\w-]{22})"', page)
    return found[which]


async def test_the_join_link_carries_the_open_code_where_no_server_sees_it(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    link = f"http://floor.example/m/{town.meeting.slug}/join#{town.meeting.code}"
    page = await organiser.get(f"/m/{town.meeting.slug}/organise")
    assert f'value="{link}"' in page and rendering.qr(link) in page
    stage = await Browser(app).get(f"/m/{town.meeting.slug}/stage")
    assert rendering.qr(link) in stage and f"{town.meeting.slug}#" not in stage
    single = await live_town(store, admission="roster")
    page = await organiser.get(f"/m/{single.meeting.slug}/organise")
    assert f'/m/{single.meeting.slug}/join"' in page and single.meeting.code not in page


async def test_a_revoked_moderator_is_out_at_once_and_the_label_is_never_given_again(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    base = f"/m/{town.meeting.slug}"
    await organiser.get(f"{base}/organise")
    await organiser.post(f"{base}/organise/invite", role="moderator", whom="second floor")
    link = re.search(r'value="(http[^"]+/invite#[^"]+)"', organiser.text)
    assert link is not None and "second floor" in organiser.text and "Link open" in organiser.text
    moderator = Browser(app)
    await moderator.get(f"{base}/invite")
    await moderator.post(f"{base}/invite", token=link[1])
    assert moderator.status == 200
    page = await organiser.get(f"{base}/organise")
    assert "Moderator 1" in page and link[1] not in page
    await organiser.post(f"{base}/organise/invite/revoke", id=_id_of(page))
    assert "Revoked" in organiser.text
    await moderator.get(f"{base}/desk")
    assert moderator.status == 401
    token = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    again = await staff.redeem_invitation(store, town.meeting, token, NOW)
    assert again.sign_in.label == "Moderator 2"
    changes = await intents(town, "m.role")
    assert [change["by"] for change in changes] == ["mod:1", "org:1", "mod:2"]
    assert len({change["roster"] for change in changes}) == 3
    assert "second floor" not in json.dumps(changes)


async def test_a_link_issued_anew_keeps_the_label_and_ends_the_old_one(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    old = await staff.invite(store, town.meeting, Role.HOST, NOW)
    first = await staff.redeem_invitation(store, town.meeting, old, NOW)
    base = f"/m/{town.meeting.slug}"
    page = await organiser.get(f"{base}/organise")
    await organiser.post(f"{base}/organise/invite/again", id=_id_of(page))
    link = re.search(r'value="(http[^"]+/invite#[^"]+)"', organiser.text)
    assert link is not None
    assert await admission.who(store, town.meeting.id, first.token) is None
    token = link[1].rpartition("#")[2]
    assert (
        await staff.redeem_invitation(store, town.meeting, token, NOW)
    ).sign_in.label == "Host 1"


async def test_an_organiser_who_moderates_is_named_so_where_people_join(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    await town.moderator()
    token = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    base = f"/m/{town.meeting.slug}"
    assert "also Moderator" not in await Browser(app).get(f"{base}/join")
    await organiser.get(f"{base}/invite")
    await organiser.post(f"{base}/invite", token=token)
    page = await Browser(app).get(f"{base}/join")
    assert "also Moderator 2" in page and "also Moderator 1" not in page
    page = await Browser(app).get(f"{base}/join?lang=de")
    assert "ist auch Moderation 2" in page
    page = await organiser.get(f"{base}/organise?lang=de")
    assert "Moderation 1" in page and "Moderator 1" not in page


async def test_the_roles_open_for_an_auditor_alone(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    await town.moderator()
    token = await staff.invite(store, town.meeting, Role.AUDITOR, NOW)
    base = f"/m/{town.meeting.slug}"
    auditor, stranger = Browser(app), Browser(app)
    await auditor.get(f"{base}/invite")
    await auditor.post(f"{base}/invite", token=token)
    opened = json.loads(await auditor.get(f"{base}/roles.json"))
    assert [role["label"] for role in opened["roles"]] == ["Moderator 1", "Auditor 1"]
    await stranger.get(f"{base}/roles.json")
    assert stranger.status == 401


async def test_signing_in_changes_the_form_cookie_and_signing_out_ends_the_organiser(
    store: Redis, app: Quart
) -> None:
    browser = Browser(app)
    before = re.search(r'name="csrf" value="(\w+)"', await browser.get("/organise/link"))
    await browser.post("/organise/link", token=await staff.new_organiser_link(store))
    after = re.search(r'name="csrf" value="(\w+)"', browser.text)
    assert before and after and before[1] != after[1]
    browser.text = f'name="csrf" value="{before[1]}"'
    await browser.post("/organise/signout")
    assert browser.status == 403
    await browser.get("/organise")
    await browser.post("/organise/signout")
    assert browser.status == 200
    await browser.get("/organise")
    assert browser.status == 401


async def test_the_organiser_is_told_that_the_store_was_rebuilt_and_whose_text_is_lost(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    where = f"/m/{town.meeting.slug}/organise"
    assert "rebuilt from the log" not in await organiser.get(where)
    await rebuilding.note_rebuilt(store, town.meeting.id, NOW, [2, 3, 4, 9])
    page = await organiser.get(where)
    assert "rebuilt from the log" in page
    assert "The text of these questions is lost: 2–4, 9." in page
