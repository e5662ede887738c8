"""Bad input at the pages and the API: each kind has its own clear answer, and nothing is lost."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any, cast

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, decide, meetings, staff
from server.acts.limits import Rate
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.web.parts import WebParts
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.web.browsing import SAME, Browser, Client, until

MARKS = "\u202e\u2066\u200b\ufeff"
SCRIPT = "<script>alert(1)</script>"


async def attendee_of(app: Quart, town: Town) -> Client:
    """An API client that has joined."""
    joined = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    return Client(app, joined.token)


async def moderator_of(app: Quart, town: Town) -> Client:
    """An API client that moderates."""
    link = await staff.invite(town.store, town.meeting, Role.MODERATOR, NOW)
    joined = await staff.redeem_invitation(town.store, town.meeting, link, NOW)
    return Client(app, joined.token)


async def organiser_of(app: Quart, store: Redis) -> Client:
    """An API client of the deployment's organiser."""
    link = await staff.new_organiser_link(store)
    return Client(app, await staff.redeem_organiser_link(store, link, NOW))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        (MARKS, "empty"),
        ("\u200d" * 20, "empty"),
        ("Short?", "too_short"),
        ("e\u0301" * 501, "too_long"),
        ("a" * 12_400, "too_long"),
    ],
)
async def test_a_text_outside_the_limits_is_refused_by_name(
    store: Redis, app: Quart, text: str, code: str
) -> None:
    town = await live_town(store)
    client = await attendee_of(app, town)
    path = f"/meetings/{town.meeting.slug}"
    status, told = await client.send("POST", f"{path}/questions", {"q": fresh_q(), "text": text})
    assert (status, told["error"]["code"]) == (400, code)
    assert (await client.send("GET", f"{path}/mine"))[1] == {"questions": []}


async def test_a_vote_is_refused_by_its_reason(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    await town.listed(asker)
    await town.ask(asker, "Does this one still wait?")
    voter, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}/votes"
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"n": 99, "on": True, "c": 1}, 404, "unknown"),
        ({"n": 2, "on": True, "c": 1}, 409, "not_listed"),
        ({"n": 0, "on": True, "c": 1}, 400, "bad_input"),
        ({"n": 2**24, "on": True, "c": 1}, 400, "bad_input"),
        ({"n": 1, "on": "yes", "c": 1}, 400, "bad_input"),
        ({"n": 1, "on": True, "c": 0}, 400, "bad_input"),
        ({"n": 1, "on": True, "c": 2**53}, 400, "bad_input"),
        ({"n": 1, "on": True}, 400, "bad_input"),
    ]
    for value, status, code in cases:
        got, told = await voter.send("POST", path, value)
        assert (got, told["error"]["code"]) == (status, code), value
    assert (await voter.send("POST", path, {"n": 1, "on": True, "c": 5}))[0] == 200
    got, told = await voter.send("POST", path, {"n": 1, "on": False, "c": 4})
    assert (got, told["error"]["code"]) == (409, "stale")


async def test_a_used_and_an_expired_link_say_so(store: Redis, app: Quart) -> None:
    town = await live_town(store, admission="roster")
    path = f"/meetings/{town.meeting.slug}"
    client = Client(app, "nobody")
    code = (await admission.import_roster(store, town.meeting, 1, NOW))[0]
    assert (await client.send("POST", f"{path}/join", {"code": code}))[0] == 200
    link = await staff.invite(store, town.meeting, Role.HOST, NOW)
    assert (await client.send("POST", f"{path}/staff", {"token": link}))[0] == 200
    organiser = await staff.new_organiser_link(store)
    assert (await client.send("POST", "/organise", {"token": organiser}))[0] == 200
    old = await staff.new_organiser_link(store)
    await staff.forget_expired(
        store, NOW + staff.LINK_MS + 6 * 3_600_000
    )  # as the clock does a day later
    for where, value in (
        (f"{path}/join", {"code": code}),
        (f"{path}/staff", {"token": link}),
        ("/organise", {"token": organiser}),
        ("/organise", {"token": old}),
    ):
        status, told = await client.send("POST", where, value)
        assert (status, told["error"]["code"]) == (410, "used"), where
    status, told = await client.send("POST", f"{path}/join", {"code": "NOT-A-CODE"})
    assert (status, told["error"]["code"]) == (404, "unknown")


async def test_direction_marks_and_scripts_are_harmless_in_every_field(
    store: Redis, app: Quart
) -> None:
    organiser = await organiser_of(app, store)
    odd = f"{SCRIPT}{MARKS} \u0645\u0631\u062d\u0628\u0627"
    reason = {"code": "odd", "sentence": odd, "withholds": False, "needs_target": False}
    fields = {"title": odd, "description": odd, "policy": odd, "reasons": [reason], "phase": "live"}
    status, made = await organiser.send("POST", "/meetings", fields)
    assert status == 201
    for name in ("title", "description", "policy"):
        assert made[name] == f"{SCRIPT} \u0645\u0631\u062d\u0628\u0627"
    meeting = await meetings.by_slug(store, made["slug"])
    assert meeting is not None
    town, path = Town(store, meeting), f"/meetings/{made['slug']}"
    client, moderator = await attendee_of(app, town), await moderator_of(app, town)
    for text in (f"{odd} in a listed one", f"{odd} in a screened one"):
        asked = {"q": fresh_q(), "text": text, "name": odd}
        assert (await client.send("POST", f"{path}/questions", asked))[0] == 201
    _, waiting = await moderator.send("GET", f"{path}/waiting")
    first, second = (row["q"] for row in waiting["questions"])
    await moderator.send("POST", f"{path}/questions/{first}/list", {"revision": 1})
    body = {"revision": 1, "reason": "odd", "note": odd}
    assert (await moderator.send("POST", f"{path}/questions/{second}/screen", body))[0] == 200

    async def told() -> bool:
        return bool((await client.send("GET", f"{path}/questions"))[1]["questions"])

    await until(told, "the question is on the board")
    await town.published()
    reader = Browser(app)
    for page in ("", "/q/1", "/screened-out", "/join", "?search=%3Cscript%3Ealert(1)"):
        html = await reader.get(f"/m/{made['slug']}{page}")
        assert reader.status == 200 and SCRIPT not in html
        assert not any(mark in html for mark in MARKS), page
    for page in ("/screened-out.json", "/screened-out.csv"):
        text = (await reader.get(f"/m/{made['slug']}{page}")).removeprefix("\ufeff")
        assert "alert" in text and not any(mark in text for mark in MARKS)


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t=", "\u202e="])
async def test_no_cell_of_the_csv_is_a_formula(store: Redis, app: Quart, lead: str) -> None:
    town = await live_town(store)
    question = await town.ask(await town.attendee(), f'{lead}HYPERLINK("https://a.example")')
    moderator = await town.moderator()
    await decide.screen_out(
        store, town.meeting, moderator, question.q, 1, "unclear", f"{lead}1+1", None, NOW
    )
    await town.published()
    text = await Browser(app).get(f"/m/{town.meeting.slug}/screened-out.csv")
    assert text.startswith("\ufeff")  # without the mark spreadsheets take UTF-8 for something older
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert "HYPERLINK" in rows[1][rows[0].index("text")]
    for row in rows:
        assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\x00") for cell in row)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": ""}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://floor.example.evil.example"}, 403),
        ({}, 403),
        ({"Origin": "http://floor.example"}, 410),
        ({"Sec-Fetch-Site": "same-origin"}, 410),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://floor.example"}, 403),
    ],
)
async def test_only_our_own_pages_may_write(
    store: Redis, app: Quart, headers: dict[str, str], status: int
) -> None:
    got, told = await Client(app).send("POST", "/organise", {"token": "x"}, headers=headers)
    assert got == status and told["error"]["message"]


async def test_a_form_too_large_or_of_another_type_is_refused(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    client = app.test_client()
    path = f"/m/{town.meeting.slug}/ask"
    large = await client.post(path, headers=SAME, form={"text": "a" * 70_000})
    assert large.status_code == 413 and "too large" in await large.get_data(as_text=True)
    for kind in ("text/plain", "application/json", "multipart/form-data"):
        odd = await client.post(path, headers={**SAME, "Content-Type": kind}, data=b"text=a")
        assert odd.status_code in (400, 403), kind


async def test_too_fast_is_told_in_words_with_a_time(store: Redis, app: Quart) -> None:
    town = await live_town(store, submit_limit=1)
    client, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}/questions"
    body = {"q": fresh_q(), "text": "Is this the first question?"}
    assert (await client.send("POST", path, body))[0] == 201
    status, told = await client.send("POST", path, {**body, "q": fresh_q()})
    assert status == 429 and told["error"]["code"] == "too_fast"
    assert 0 < told["error"]["retry_in"] <= 600 and "10 minutes" in told["error"]["message"]
    assert (await client.send("POST", path, body))[0] == 201  # a repeat costs nothing


async def test_votes_faster_than_a_person_are_told_in_words_with_a_time(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await town.listed()
    app.extensions["openfloor"] = replace(
        cast(WebParts, app.extensions["openfloor"]), vote_pace=Rate(0.01, 2)
    )
    voter, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}/votes"
    for counter in (1, 2):
        assert (await voter.send("POST", path, {"n": 1, "on": True, "c": counter}))[0] == 200
    status, told = await voter.send("POST", path, {"n": 1, "on": True, "c": 3})
    assert status == 429 and told["error"]["code"] == "too_fast"
    assert 0 < told["error"]["retry_in"] <= 100 and "Please wait" in told["error"]["message"]
    browser = Browser(app)
    await browser.get("/")
    await browser.post("/join", code=town.meeting.code)
    for status in (200, 200, 429):
        await browser.get(f"/m/{town.meeting.slug}")
        await browser.post(f"/m/{town.meeting.slug}/vote", on="1")
        assert browser.status == status
    assert "Please wait" in browser.text and int(browser.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "time", [2**64, -1, "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T10:00", "soon", ""]
)
async def test_a_time_that_no_page_could_show_is_refused(
    store: Redis, app: Quart, time: object
) -> None:
    organiser = await organiser_of(app, store)
    fields = {"title": "Spring hall", "starts_at": time, "zone": "Pacific/Kiritimati"}
    status, told = await organiser.send("POST", "/meetings", fields)
    if time == "":
        assert status == 201 and told["starts_at"] is None
    else:
        assert status == 400 and told["error"]["message"].startswith("starts_at:")


async def test_a_lock_with_a_line_feed_behind_it_is_refused_and_nothing_is_kept(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    client, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}"
    good, text = "ab" * 32, "When do we get new chairs?"
    for more in (
        {"hl": {"w": good + "\n", "a": good}},
        {"hl": {"w": good, "a": good + "\n"}},
        {"salt": good + "\n"},
    ):
        given = {"q": fresh_q(), "text": text, **more}
        status, told = await client.send("POST", f"{path}/questions", given)
        assert (status, told["error"]["code"]) == (400, "bad_input")
    assert (await client.send("GET", f"{path}/mine"))[1] == {"questions": []}
    given = {"q": fresh_q(), "text": text, "salt": good, "hl": {"w": good, "a": good}}
    assert (await client.send("POST", f"{path}/questions", given))[0] in (201, 202)


async def test_no_door_takes_a_language_tag_of_more_than_35_characters(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    client, path = await attendee_of(app, town), f"/meetings/{town.meeting.slug}"
    longest = "de" + "-abcdefgh" * 3 + "-abcde"
    for tag, statuses in ((longest, (201, 202)), (longest + "f", (400,)), (longest * 9, (400,))):
        given = {"q": fresh_q(), "text": "When do we get new chairs?", "lang": tag}
        assert (await client.send("POST", f"{path}/questions", given))[0] in statuses
    with pytest.raises(Refused) as refused:
        await meetings.change(store, town.meeting, {"languages": [longest + "f"]}, "org:1", NOW)
    assert refused.value.refusal is Refusal.BAD_INPUT
