"""The public record and the question pages: every act readable, no text that is withheld or waits."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import appeal, decide, meetings, merge, stage
from server.acts.admission import SignIn
from server.store.question_rows import Question
from server.web.app import create_app
from server.web.parts import WebParts
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser, until

SECRET_WORDS = "zq-canary-home-address"


async def _screened(
    town: Town, moderator: SignIn, text: str, reason: str, note: str = ""
) -> Question:
    asked = await town.ask(await town.attendee(), text)
    return await decide.screen_out(
        town.store, town.meeting, moderator, asked.q, asked.revision, reason, note, None, NOW
    )


async def test_a_reversal_stands_under_what_it_reverses_in_every_form(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    first, second = await town.moderator(), await town.moderator()
    asker = await town.attendee()
    asked = await town.ask(asker, "Why are there no trains?")
    out = await decide.screen_out(
        store, town.meeting, first, asked.q, asked.revision, "off-topic", "=Ask there", None, NOW
    )
    appealed = await appeal.appeal(store, town.meeting, asker, out.q, "It is about work.", NOW)
    await appeal.judge(store, town.meeting, second, out.q, appealed.revision, True, NOW)
    await town.published()
    browser, at = Browser(app), f"/m/{town.meeting.slug}/screened-out"
    page = await browser.get(at)
    order = [
        "Why are there no trains?",
        "off topic",
        "=Ask there",
        "It is about work.",
        "overturned",
    ]
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert "Moderator 1" in page and "Moderator 2" in page
    told = json.loads(await browser.get(f"{at}.json"))
    assert browser.headers["cache-control"] == "public, max-age=10"
    acts = [(act["act"], act["by"]) for act in told["screened_out"][0]["entries"]]
    assert acts == [
        ("screened_out", "Moderator 1"),
        ("appealed", "the asker"),
        ("overturned", "Moderator 2"),
    ]
    lines = list(csv.DictReader(io.StringIO(await browser.get(f"{at}.csv"))))
    assert [line["act"] for line in lines] == [act for act, _ in acts]
    assert lines[0]["note"] == "'=Ask there" and lines[0]["rules"] == "1"


@pytest.mark.parametrize("logged", [True, False], ids=["of a log", "of the store"])
async def test_the_record_says_how_many_of_how_many_were_screened_out(
    store: Redis, app: Quart, logged: bool
) -> None:
    town = await live_town(store)
    await _screened(town, await town.moderator(), "Will there be cake today?", "off-topic")
    for _ in range(2):
        await town.ask(await town.attendee(), "Why are there no trains?")
    if logged:
        await town.published()
    else:  # where a log is there, it tells, as far as it is published
        app = create_app(replace(cast(WebParts, app.extensions["openfloor"]), logs=None))
    said = await Browser(app).get(f"/m/{town.meeting.slug}/screened-out")
    assert "<dd>1 <small>of 3 questions asked</small></dd>" in said


async def test_a_withheld_text_is_a_bar_and_cannot_be_searched(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    await _screened(town, moderator, f"Who lives at {SECRET_WORDS}?", "personal-data", "See rule")
    await _screened(town, moderator, "Will there be cake today?", "off-topic")
    await town.published()
    browser, at = Browser(app), f"/m/{town.meeting.slug}/screened-out"
    for path in (at, f"{at}.json", f"{at}.csv", f"/m/{town.meeting.slug}/q/1"):
        text = await browser.get(path)
        assert browser.status == 200 and SECRET_WORDS not in text and "personal data" in text
    found = json.loads(await browser.get(f"{at}.json?search={SECRET_WORDS}"))
    assert found["total"] == 0
    assert json.loads(await browser.get(f"{at}.json?search=CAKE"))["total"] == 1
    only = await browser.get(f"{at}?reason=off-topic")
    assert "cake" in only and 'class="bar"' not in only


async def test_a_page_keeps_its_place_while_more_is_screened_out(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator, asker = await town.moderator(), await town.attendee()
    early = await town.ask(asker, "Why is the early one late?")
    for n in range(101):
        asked = await town.ask(asker, f"Why is it number {n}?")
        await decide.screen_out(
            store, town.meeting, moderator, asked.q, asked.revision, "unclear", "", None, NOW
        )
    await town.published()
    browser, at = Browser(app), f"/m/{town.meeting.slug}/screened-out"
    first = await browser.get(at)
    assert 'id="n51"' in first and 'id="n52"' not in first and "after=51" in first
    await decide.screen_out(
        store, town.meeting, moderator, early.q, early.revision, "unclear", "", None, NOW
    )
    await town.published()
    second = await browser.get(f"{at}?after=51")
    assert 'id="n52"' in second and 'id="n51"' not in second and "before=52" in second
    assert 'id="n51"' in await browser.get(f"{at}?before=52")
    assert len(json.loads(await browser.get(f"{at}.json"))["screened_out"]) == 102


async def test_before_the_meeting_all_times_tell_the_day_alone(store: Redis, app: Quart) -> None:
    town = await live_town(store, phase="collecting")
    moderator, asker = await town.moderator(), await town.attendee()
    await _screened(town, moderator, "Will there be cake today?", "off-topic")
    listed = await town.ask(asker, "When do we get new chairs?")
    await decide.list_question(store, town.meeting, moderator, listed.q, listed.revision, NOW)
    browser, slug = Browser(app), town.meeting.slug

    async def gated() -> bool:
        page = await browser.get(f"/m/{slug}/screened-out")
        return "at most once an hour" in page and "In what is published so far" in page

    await until(gated, "the page says that what happened follows")
    # The record is published at a gate; what came before it keeps its day for good.
    await meetings.change(store, town.meeting, {"phase": "live"}, "org:1", NOW + 1)
    await town.published()
    assert not await gated()
    entry = json.loads(await browser.get(f"/m/{slug}/screened-out.json"))["screened_out"][0]
    assert len(entry["entries"][0]["at"]) == len("2026-11-23")
    pages = [
        await browser.get(path)
        for path in (f"/m/{slug}/screened-out", f"/m/{slug}/q/1", f"/m/{slug}/q/2", f"/m/{slug}")
    ]
    rows = json.loads(await browser.get(f"/api/v1/meetings/{slug}/questions"))["questions"]
    assert rows and all(row["at"] % 86_400_000 == 0 for row in rows)
    assert not any(str(NOW) in page for page in pages)


async def test_a_question_that_waits_shows_its_number_and_no_text(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    await town.ask(await town.attendee(), f"Do we keep {SECRET_WORDS}?")
    await town.published()
    browser = Browser(app)
    page = await browser.get(f"/m/{town.meeting.slug}/q/1")
    assert browser.status == 200 and SECRET_WORDS not in page and "Received" in page
    told = json.loads(await browser.get(f"/m/{town.meeting.slug}/screened-out.json"))
    days = {str(datetime.fromtimestamp(at, UTC).date()) for at in (NOW / 1000, time.time())}
    assert told["waiting"] == 1 and told["oldest"][:10] in days  # a run may go on over midnight
    await browser.get(f"/m/{town.meeting.slug}/q/2")
    assert browser.status == 404


async def test_merged_wordings_stay_readable_and_the_stage_is_told(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    moderator, host = await town.moderator(), await town.host()
    head = await town.listed(text="Why is the canteen shut?")
    other = await town.listed(text="Canteen shut, why is that?")
    await merge.merge(store, town.meeting, moderator, other.q, other.revision, 1, NOW)
    await town.published()
    browser, slug = Browser(app), town.meeting.slug
    page = await browser.get(f"/m/{slug}/q/1")
    assert "Canteen shut, why is that?" in page and "Merged into this one:" in page
    assert f"/m/{slug}/q/1" in await browser.get(f"/m/{slug}/q/2")
    now = await town.look(head.q)
    worded = await decide.word(
        store, town.meeting, moderator, head.q, now.revision, "Why is it closed?", NOW
    )
    aired = await stage.pick(store, town.meeting, host, head.q, worded.revision, NOW)
    answer = "See https://example.org/canteen. Not javascript:alert(1)"
    await stage.answer(store, town.meeting, host, head.q, aired.revision, 95, answer, NOW)
    await town.published()
    page = await browser.get(f"/m/{slug}/q/1")
    assert "picked as no. 1 by votes" in page and "Why is the canteen shut?" in page
    assert 'href="https://example.org/canteen"' in page and 'href="javascript' not in page
    assert page.index("Why is it closed?") < page.index("Why is the canteen shut?")


async def test_the_index_follows_each_act(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator, browser = await town.moderator(), Browser(app)
    at = f"/m/{town.meeting.slug}/screened-out.json"
    assert json.loads(await browser.get(at))["total"] == 0
    out = await _screened(town, moderator, "Will there be cake today?", "off-topic")
    await town.published()
    assert json.loads(await browser.get(at))["reasons"] == {"off-topic": 1}
    await decide.list_question(store, town.meeting, moderator, out.q, out.revision, NOW)
    await town.published()
    told = json.loads(await browser.get(at))
    assert told["reasons"] == {"reversed": 1} and told["screened_out"][0]["state"] == "listed"
