"""What every answer and every cookie carries, and that a cookie from before signing in proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from quart import Quart, Response
from redis.asyncio import Redis

from server.acts import admission, appeal, decide, meetings, staff, stage
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.store import desk_log, keys
from server.web.app import create_app
from server.web.parts import WebParts
from tests.acts.building import NOW, live_town
from tests.web.browsing import SAME, Browser, Client
from tests.web.test_bad_input import MARKS, attendee_of
from tests.web.test_pages import asked, joined

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {socket}; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def over_https(app: Quart) -> Quart:
    """The same application where people reach it by https."""
    given = cast(WebParts, app.extensions["openfloor"])
    return create_app(replace(given, public_url="https://floor.example"))


@pytest.mark.parametrize("secure", [False, True])
async def test_every_answer_carries_every_header(store: Redis, app: Quart, secure: bool) -> None:
    town = await live_town(store)
    if secure:
        app = over_https(app)
    told = POLICY.format(socket=f"{'wss' if secure else 'ws'}://floor.example")
    slug = town.meeting.slug
    for path in ("/", f"/m/{slug}", f"/m/{slug}/join", "/nothing", f"/api/v1/meetings/{slug}"):
        answer = await app.test_client().get(path, headers={"Host": "floor.example"})
        headers = answer.headers
        assert headers["Content-Security-Policy"] == told, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Server" not in headers and "Permissions-Policy" in headers
        assert ("Strict-Transport-Security" in headers) is secure


@pytest.mark.parametrize("path", ["static/js/page.js", "static/css/app.css", "style/0b6e69.css"])
async def test_scripts_and_styles_may_do_nothing_of_their_own(app: Quart, path: str) -> None:
    for more in ({}, {"Accept-Encoding": "gzip"}):
        answer = await app.test_client().get(f"/{path}", headers={"Host": "floor.example", **more})
        headers = answer.headers
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "max-age" in headers["Cache-Control"] and "Expires" not in headers
    missing = await app.test_client().get("/static/js/no.js", headers={"Host": "floor.example"})
    assert missing.headers["Content-Security-Policy"] == POLICY.format(socket="ws://floor.example")


async def test_cookies_over_https_stay_with_this_host_and_out_of_scripts(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    client, host = over_https(app).test_client(), {"Host": "floor.example"}
    page = await (await client.get("/", headers=host)).get_data(as_text=True)
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    answer = await client.post(
        "/join", form={"csrf": token, "code": town.meeting.code}, headers=SAME, scheme="https"
    )
    set_now = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303 and len(set_now) == 2
    for line in set_now:
        parts = line.split("; ")
        name, _, value = parts[0].partition("=")
        assert name.startswith("__Host-") and len(value) >= 22
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
        assert not any(part.startswith("Domain") for part in parts)
    (sign_in,) = [line for line in set_now if line.startswith("__Host-of_a_")]
    assert len(sign_in.partition("=")[2].partition(";")[0]) == 43  # 256 bits


def lasts_s(answer: Response, name: str) -> int:
    """How long the browser shall keep this cookie, in seconds."""
    (line,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(name)]
    return int(line.partition("Max-Age=")[2].partition(";")[0])


async def test_a_sign_in_outlives_the_closing_of_the_browser(store: Redis, app: Quart) -> None:
    town, client = await live_town(store), app.test_client()
    host = {"Host": "floor.example"}
    answer = await client.get("/?lang=de", headers=host)
    assert lasts_s(answer, "of_lang=") == 365 * 24 * 3_600
    token = (await answer.get_data(as_text=True)).partition('name="csrf" value="')[2]
    form = {"csrf": token.partition('"')[0], "code": town.meeting.code}
    answer = await client.post("/join", form=form, headers=SAME)
    assert 0 <= 60 * 24 * 3_600 - lasts_s(answer, "of_a_") < 60

    page = await (await client.get("/organise/link", headers=host)).get_data(as_text=True)
    form = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0]}
    form["token"] = await staff.new_organiser_link(store)
    answer = await client.post("/organise/link", form=form, headers=SAME)
    assert lasts_s(answer, "of_org=") == 12 * 3_600


async def test_a_sign_in_that_somebody_else_planted_is_replaced_and_opens_nothing(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store, readers="attendees")
    name, planted = f"of_a_{town.meeting.id}", "A" * 43
    host = {"Host": "floor.example"}
    victim = app.test_client()
    victim.set_cookie("floor.example", name, planted)
    page = await (await victim.get("/", headers=host)).get_data(as_text=True)
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": token, "code": town.meeting.code}
    answer = await victim.post("/join", form=form, headers=SAME)
    assert any(
        line.startswith(f"{name}=") and planted not in line
        for line in answer.headers.getlist("Set-Cookie")
    )
    thief = app.test_client()
    thief.set_cookie("floor.example", name, planted)
    assert (await thief.get(f"/m/{town.meeting.slug}", headers=host)).status_code == 401


async def test_a_link_for_another_device_is_used_once_and_ends(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    attendee = await town.attendee()
    used = await admission.device_link(store, town.meeting, attendee, NOW)
    await admission.take_device(store, town.meeting, used, NOW)
    late = await admission.device_link(store, town.meeting, attendee, NOW)
    async for key in store.scan_iter(f"{keys.device_link(town.meeting.id, '')}*"):
        await store.delete(key)  # as the store does ten minutes later
    for link in (used, late, "nonsense"):
        browser = Browser(app)
        await browser.get(f"/m/{town.meeting.slug}/device")
        await browser.post(f"/m/{town.meeting.slug}/device/take", token=link)
        assert browser.status == 410 and "used already or has expired" in browser.text


async def test_votes_on_ones_own_question_and_after_the_close_are_refused(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store, after_display=True)
    voter, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}"
    asked_q = {"q": "Q" * 22, "text": "Is this question mine?"}
    assert (await voter.send("POST", f"{path}/questions", asked_q))[0] == 201
    own = await town.look("Q" * 22)
    if own.state == "received":
        await decide.list_by_rule(store, town.meeting, [own.q], NOW)
    status, told = await voter.send("POST", f"{path}/votes", {"n": 1, "on": True, "c": 1})
    assert (status, told["error"]["code"]) == (409, "own_question")
    other = Client(app, (await admission.join(store, town.meeting, town.meeting.code, NOW)).token)
    await meetings.change(store, town.meeting, {"voting": False}, "org:1", NOW)
    status, told = await other.send("POST", f"{path}/votes", {"n": 1, "on": True, "c": 1})
    assert (status, told["error"]["code"]) == (409, "closed")


async def test_a_decision_on_a_stale_revision_is_told_who_decided(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    question = await town.ask(await town.attendee())
    link = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    joined_ = await staff.redeem_invitation(store, town.meeting, link, NOW)
    client = Client(app, joined_.token)
    at = f"/meetings/{town.meeting.slug}/questions/{question.q}"
    assert (await client.send("POST", f"{at}/list", {"revision": 1}))[0] == 200
    body = {"revision": 1, "reason": "unclear", "note": ""}
    status, told = await client.send("POST", f"{at}/screen", body)
    assert (status, told["error"]["code"]) == (409, "contended")
    assert "listed now, decided by Moderator 1" in told["error"]["message"]


async def test_direction_marks_are_gone_from_the_rarer_fields_too(store: Redis) -> None:
    town = await live_town(store)
    odd = f"{MARKS}Plain words{MARKS} here"
    asker, moderator, host = await town.attendee(), await town.moderator(), await town.host()
    second = await town.moderator()
    listed = await town.listed(asker, "Which question is answered?")
    worded = await decide.word(
        store, town.meeting, moderator, listed.q, listed.revision, f"{odd} or not?", NOW
    )
    aired = await stage.pick(store, town.meeting, host, worded.q, worded.revision, NOW)
    await stage.answer(store, town.meeting, host, aired.q, aired.revision, 60, odd, NOW)
    back = await town.ask(asker, "What about this one then?")
    await decide.send_back(store, town.meeting, moderator, back.q, back.revision, odd, NOW)
    out = await town.ask(asker, "And what about that one?")
    out = await decide.screen_out(
        store, town.meeting, moderator, out.q, out.revision, "unclear", odd, None, NOW
    )
    await appeal.appeal(store, town.meeting, asker, out.q, odd, NOW)
    token = await staff.invite(store, town.meeting, Role.HOST, NOW, odd)
    assert token and second.label
    appointed = (await staff.read(store, town.meeting)).appointments[-1]
    acts = await desk_log.page(store, town.meeting.id, None, 100)
    texts = await desk_log.openings(
        store,
        town.meeting.id,
        [act.intent[name] for act in acts for name in ("note", "c2") if act.intent.get(name)],
    )
    said = [*texts.values(), appointed.whom, (await town.look(back.q)).hint]
    assert len(said) >= 6 and all("Plain words" in text for text in said)
    assert not any(mark in text for text in said for mark in MARKS)


async def test_a_sixth_appeal_within_an_hour_is_told_how_long_to_wait(store: Redis) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    for at in range(6):
        question = await town.ask(asker, f"Is this number {at} of them?")
        out = await decide.screen_out(
            store, town.meeting, moderator, question.q, 1, "unclear", "", None, NOW
        )
        if at < 5:
            await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
            continue
        with pytest.raises(Refused) as refused:
            await appeal.appeal(store, town.meeting, asker, out.q, "", NOW)
        assert refused.value.refusal is Refusal.TOO_FAST
        assert "5 times an hour" in str(refused.value) and (refused.value.retry_in or 0) > 60


async def test_a_form_of_somebody_elses_page_is_refused_after_signing_in(
    store: Redis, app: Quart
) -> None:
    """The form token of before the sign-in is bound to a cookie that is gone."""
    town = await live_town(store)
    browser = await joined(app, town)
    old = browser.text
    await browser.post(f"/m/{town.meeting.slug}/signout")
    await browser.get("/")
    await browser.post("/join", code=town.meeting.code)
    browser.text = old
    await browser.post(f"/m/{town.meeting.slug}/vote", on="1")
    assert browser.status == 403
    await asked(browser, town, "Does a fresh form work again?")
    assert browser.status == 200
