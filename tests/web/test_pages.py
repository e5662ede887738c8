"""A whole small meeting by plain forms, and what the pages never show."""

from __future__ import annotations

import re

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, decide, meetings, staff, stage
from server.acts.submit import NAME_MAX_CHARS
from server.domain.roles import Role
from server.store import keys, typed
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.web.browsing import Browser, Client, until


async def joined(app: Quart, town: Town) -> Browser:
    """Somebody who typed the code at the door."""
    browser = Browser(app)
    await browser.get("/")
    await browser.post("/join", code=town.meeting.code)
    assert browser.status == 200 and town.meeting.title in browser.text
    return browser


async def moderating(app: Quart, town: Town) -> Browser:
    """Somebody who pressed the button of an invitation."""
    token = await staff.invite(town.store, town.meeting, Role.MODERATOR, NOW)
    browser = Browser(app)
    await browser.get(f"/m/{town.meeting.slug}/invite")
    await browser.post(f"/m/{town.meeting.slug}/invite", token=f"https://x/#{token}")
    return browser


async def asked(browser: Browser, town: Town, text: str) -> None:
    """Fill the ask form in and send it."""
    page = await browser.get(f"/m/{town.meeting.slug}")
    q = re.search(r'name="q" value="([\w-]{22})"', page)
    assert q is not None
    await browser.post(f"/m/{town.meeting.slug}/ask", q=q[1], text=text, lang="en", name="")


async def test_a_meeting_by_plain_forms(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    asker, voter = await joined(app, town), await joined(app, town)
    await asked(asker, town, "When will the roof be mended?")
    assert asker.status == 200 and "When will the roof" in asker.text
    moderator = await moderating(app, town)
    assert "When will the roof" in moderator.text
    q = re.search(r'name="q" value="([\w-]{22})"', moderator.text)
    assert q is not None
    await moderator.post(f"/m/{town.meeting.slug}/desk/list", q=q[1], revision="1")
    assert 'data-count="waiting">0<' in moderator.text
    await moderator.get(f"/m/{town.meeting.slug}/waiting")
    assert moderator.headers["location"] == f"/m/{town.meeting.slug}/desk"
    await voter.get(f"/m/{town.meeting.slug}")
    await voter.post(f"/m/{town.meeting.slug}/vote", on="1")
    assert (await town.look(q[1])).votes == 1
    await asker.post(f"/m/{town.meeting.slug}/vote", on="1")
    assert asker.status == 409 and "You asked this question" in asker.text


async def test_joining_again_in_the_same_browser_makes_no_second_voter(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    browser = await joined(app, town)
    path = f"/m/{town.meeting.slug}"
    assert "You have joined with this browser" in await browser.get(f"{path}/join")
    assert 'name="code"' not in browser.text
    await browser.post(f"{path}/join", code=town.meeting.code)
    await browser.get("/")
    await browser.post("/join", code=town.meeting.code)
    assert browser.status == 200 and town.meeting.title in browser.text
    assert len(await typed.smembers(store, keys.attendees(town.meeting.id))) == 1
    await browser.get(f"{path}/join")
    await browser.post(f"{path}/signout")
    assert 'name="code"' in await browser.get(f"{path}/join")


async def test_joining_again_burns_no_second_code_of_the_roster(store: Redis, app: Quart) -> None:
    town, browser = await live_town(store, admission="roster"), Browser(app)
    codes = await admission.import_roster(store, town.meeting, 2, NOW)
    for code in codes:
        await browser.get("/")
        await browser.post(f"/m/{town.meeting.slug}/join", code=code)
        assert browser.status == 200 and town.meeting.title in browser.text
    assert await admission.roster_state(store, town.meeting) == {"size": 2, "used": 1}


@pytest.mark.parametrize("admission_by", ["code", "roster"])
async def test_joining_again_over_the_api_stays_the_same_voter(
    store: Redis, app: Quart, admission_by: str
) -> None:
    town, client = await live_town(store, admission=admission_by), Client(app)
    codes = [town.meeting.code] * 4
    if admission_by == "roster":
        codes = await admission.import_roster(store, town.meeting, 4, NOW)
    path, m = f"/meetings/{town.meeting.slug}/join", town.meeting.id
    same = {"Sec-Fetch-Site": "same-origin"}
    _, first = await client.send("POST", path, {"code": codes[0]}, headers=same)
    status, again = await Client(app, first["token"]).send("POST", path, {"code": codes[1]})
    assert (status, again) == (200, first)
    cookie = {**same, "Cookie": f"of_a_{m}={first['token']}"}
    _, further = await client.send("POST", path, {"code": codes[2]}, headers=cookie)
    seen = [await admission.who(store, m, one["token"]) for one in (first, further)]
    assert further["token"] != first["token"]
    assert seen[0] and seen[1] and seen[0].voter == seen[1].voter
    _, other = await client.send("POST", path, {"code": codes[3]}, headers=same)
    stranger = await admission.who(store, m, other["token"])
    assert stranger and stranger.voter != seen[0].voter


async def test_the_form_takes_a_name_as_long_as_the_server_does(store: Redis, app: Quart) -> None:
    browser = await joined(app, await live_town(store))
    assert f'name="name" maxlength="{NAME_MAX_CHARS}"' in browser.text


async def test_a_waiting_text_is_on_no_public_page(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    asker, reader = await joined(app, town), Browser(app)
    await asked(asker, town, "Canary canary canary?")
    for path in ("", "/q/1", "/screened-out", "/screened-out.json", "/screened-out.csv"):
        assert "Canary" not in await reader.get(f"/m/{town.meeting.slug}{path}")


async def test_a_refused_text_comes_back_in_the_form(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    asker = await joined(app, town)
    await asked(asker, town, "Why?")
    assert asker.status == 400 and ">Why?</textarea>" in asker.text


async def test_a_page_refuses_with_the_status_of_its_reason(store: Redis, app: Quart) -> None:
    town = await live_town(store, submit_limit=1)
    asker = await joined(app, town)
    await asked(asker, town, "Is this the first one?")
    await asked(asker, town, "Is this one too many?")
    assert asker.status == 429 and "Is this one too many?</textarea>" in asker.text
    await meetings.change(store, town.meeting, {"asking": False}, "org:1", NOW)
    await asker.get("/")
    path = f"/m/{town.meeting.slug}/ask"
    await asker.post(path, q=fresh_q(), text="Is it too late to ask?", lang="en", name="")
    assert asker.status == 409 and "Questions are not being taken now" in asker.text
    assert "Is it too late to ask?</textarea>" in asker.text
    await asker.get("/")
    await asker.post("/join", code="NOT-A-CODE")
    assert asker.status == 404 and "No meeting has this code" in asker.text


async def test_the_search_finds_the_words_that_are_shown_and_the_askers_own(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    question, other = (
        await town.listed(text="Chairs, when?"),
        await town.listed(text="Why is it dark?"),
    )
    moderator, reader = await town.moderator(), Browser(app)
    await decide.word(
        store, town.meeting, moderator, question.q, question.revision, "New seats in spring?", NOW
    )
    path = f"/m/{town.meeting.slug}"

    async def worded() -> bool:
        return "New seats in spring?" in await reader.get(path)

    await until(worded, "the board shows the moderators' wording")
    client = Client(app)
    for search in ("SEATS", "chairs"):
        page = (await reader.get(f"{path}?search={search}")).partition('id="snapshot"')[0]
        assert "New seats in spring?" in page and "Why is it dark?" not in page
        _, told = await client.send(
            "GET", f"/meetings/{town.meeting.slug}/questions?search={search}"
        )
        assert [row["n"] for row in told["questions"]] == [question.number]
    assert other.number == 2


async def test_a_script_in_a_question_is_shown_as_text(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    await town.listed(text="<script>alert(1)</script> is what?")
    page = await Browser(app).get(f"/m/{town.meeting.slug}")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


async def test_a_withheld_text_leaves_a_stub(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    question = await town.ask(await town.attendee(), "Secret name?")
    moderator = await moderating(app, town)
    await moderator.post(
        f"/m/{town.meeting.slug}/desk/screen",
        q=question.q,
        revision="1",
        reason="names-individual",
        note="",
        target="",
    )
    reader = Browser(app)
    for path in ("/screened-out", "/screened-out.json", "/screened-out.csv"):
        page = await reader.get(f"/m/{town.meeting.slug}{path}")
        assert "Secret" not in page and reader.status == 200


async def test_a_form_from_elsewhere_changes_nothing(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    question, browser = await town.listed(), await joined(app, town)
    path = f"/m/{town.meeting.slug}/vote"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        await browser.get(f"/m/{town.meeting.slug}")
        await browser.post(path, headers=headers, on="1")
        assert browser.status == 403
    await browser.post(path, csrf="0" * 64, on="1")
    assert browser.status == 403
    assert (await town.look(question.q)).votes == 0


async def test_every_page_of_an_organiser_opens(store: Redis, app: Quart) -> None:
    link = await staff.new_organiser_link(store)
    organiser = Browser(app)
    await organiser.get("/organise/link")
    await organiser.post("/organise/link", token=f"http://floor.example/organise/link#{link}")
    assert organiser.status == 200
    await organiser.get("/organise/new")
    await organiser.post(
        "/organise/new", title="Spring hall", zone="Europe/Paris", admission="roster"
    )
    assert organiser.status == 200 and "Spring hall" in organiser.text
    slug = re.search(r"/m/([\w-]+)/join", organiser.text)
    assert slug is not None
    revision = re.search(r'name="revision" value="(\d+)"', organiser.text)
    assert revision is not None
    await organiser.post(f"/m/{slug[1]}/organise/phase", phase="live", revision=revision[1])
    assert organiser.status == 200
    await organiser.post(f"/m/{slug[1]}/organise/phase", phase="closed", revision=revision[1])
    assert organiser.status == 409
    await organiser.post(f"/m/{slug[1]}/organise/invite", role="moderator")
    assert "/invite#" in organiser.text
    await organiser.post(f"/m/{slug[1]}/organise/roster", count="3")
    assert organiser.status == 200


async def test_each_page_carries_the_headers_and_unknown_ones_look_alike(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    browser = Browser(app)
    for path in ("/", f"/m/{town.meeting.slug}", "/m/nowhere", "/healthz", "/nothing"):
        await browser.get(path)
        assert "default-src 'none'" in browser.headers["content-security-policy"]
        assert browser.headers["referrer-policy"] == "no-referrer"
    asked = await town.ask(await town.attendee())
    missing = await browser.get(f"/m/{town.meeting.slug}/q/77")
    assert missing == (await browser.get(f"/m/{town.meeting.slug}/q/88")).replace("q/88", "q/77")
    assert asked.text not in await browser.get(f"/m/{town.meeting.slug}/q/1")


async def test_a_chosen_language_stays_on_the_pages_that_follow(app: Quart) -> None:
    browser = Browser(app)
    assert '<html lang="en"' in await browser.get("/")
    assert 'href="/?lang=de"' in browser.text
    assert '<html lang="de"' in await browser.get("/?lang=de")
    assert '<html lang="de"' in await browser.get("/")
    await browser.post("/join", code="nothing")
    assert '<html lang="de"' in browser.text
    assert 'href="/?lang=en"' in browser.text


async def test_a_line_that_another_arranged_meanwhile_is_not_lined_up_over(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await town.listed()
    await town.listed(text="Why are there no chairs?")
    moderator, path = await moderating(app, town), f"/m/{town.meeting.slug}/desk/line_up"
    await moderator.post(path, n="1", line="0")
    assert moderator.status == 200
    await moderator.post(path, n="2", line="0")
    assert moderator.status == 409 and "Somebody else arranged the line" in moderator.text
    await moderator.post(path, n="2", line="1")
    assert [q.number for q in (await stage.line(store, town.meeting.id)).questions] == [1, 2]
