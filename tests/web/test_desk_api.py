"""The desk's feed and log: whole at first, then what changed, for moderators and auditors alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, meetings, merge, stage, suggestions
from server.domain.roles import Role
from server.web import api_desk
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Client, staffed
from tests.web.test_deciding import asker_of, client_of


async def desk(client: Client, town: Town, query: str = "") -> Any:
    status, told = await client.send("GET", f"/meetings/{town.meeting.slug}/desk{query}")
    assert status == 200
    return told


async def changed(client: Client, town: Town, after: str) -> Any:
    """What is told of questions after this position. What the log tells of itself ends a wait, too, and so
    does its time on a machine that stands still."""
    while True:
        told = await desk(client, town, f"?after={after}&wait=15")
        if told["questions"]:
            return told
        after = told["position"]


async def test_the_desk_is_told_whole_then_what_changed(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator, sign_in = await client_of(app, town, Role.MODERATOR), await town.moderator()
    waiting, listed = await town.ask(await town.attendee()), await town.listed()
    first = await desk(moderator, town)
    assert first["whole"] and {row["q"] for row in first["questions"]} == {waiting.q, listed.q}
    assert (first["counts"]["waiting"], first["counts"]["listed"]) == (1, 1)
    changes = asyncio.create_task(changed(moderator, town, first["position"]))
    await decide.list_question(store, town.meeting, sign_in, waiting.q, waiting.revision, NOW)
    told = await changes
    assert not told["whole"] and [row["state"] for row in told["questions"]] == ["listed"]
    assert told["counts"]["waiting"] == 0
    await town.published()
    behind = await desk(moderator, town, f"?after={told['position']}&wait=0")
    assert behind["questions"] == []
    quiet = await desk(moderator, town, f"?after={behind['position']}&wait=0")
    assert quiet["questions"] == [] and quiet["counts"] is None


async def test_a_position_that_was_trimmed_away_brings_the_whole_desk(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    moderator = await client_of(app, town, Role.MODERATOR)
    await town.listed()
    assert (await desk(moderator, town, "?after=1-0"))["whole"]


async def test_an_odd_position_is_refused_in_words(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator = await client_of(app, town, Role.MODERATOR)
    path, nines = f"/meetings/{town.meeting.slug}/desk", "9" * 20
    for odd in (f"{nines}-0", f"1-{nines}", "0-0", "1", "a-b"):
        for query in (f"?after={odd}", f"/log?before={odd}"):
            status, told = await moderator.send("GET", path + query)
            assert (status, told["error"]["code"]) == (400, "bad_input"), query
    status, _ = await moderator.send("GET", f"{path}/log?before={'9' * 19}-{'9' * 19}")
    assert status == 200


async def test_attendees_hosts_and_strangers_see_nothing_of_it(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    await town.ask(await town.attendee(), "Is the canary in here?")
    for client in (Client(app), await asker_of(app, town), await client_of(app, town, Role.HOST)):
        for rest in ("desk", "desk/log", "waiting"):
            status, told = await client.send("GET", f"/meetings/{town.meeting.slug}/{rest}")
            assert status in (401, 403) and "canary" not in str(told)


async def test_the_log_tells_every_act_with_its_words_and_what_the_public_sees(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    out = await town.ask(await town.attendee(), "Who sits at desk 4?")
    await decide.screen_out(
        store, town.meeting, moderator, out.q, 1, "names-individual", "A person", None, NOW
    )
    await town.listed()
    auditor = await client_of(app, town, Role.AUDITOR)
    path = f"/meetings/{town.meeting.slug}/desk/log"
    _, told = await auditor.send("GET", path)
    screened = next(act for act in told["acts"] if act["kind"] == "q.screen")
    assert screened["written"] == "A person" and screened["by"] == "mod:1"
    assert (screened["n"], screened["public"]) == (1, "number")
    kinds = [act["kind"] for act in told["acts"]]
    assert {"log.open", "q.received", "q.screen", "q.list"} <= set(kinds)
    _, by = await auditor.send("GET", f"{path}?by=mod:2")
    assert "q.list" in {act["kind"] for act in by["acts"]} and {a["by"] for a in by["acts"]} == {
        "mod:2"
    }
    _, why = await auditor.send("GET", f"{path}?reason=names-individual")
    assert {act["kind"] for act in why["acts"]} == {"q.screen"}
    _, one = await auditor.send("GET", f"{path}?n=1")
    assert {act["n"] for act in one["acts"]} == {1}


async def test_a_page_that_ends_with_the_log_leads_no_further(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    await town.listed()
    auditor = await client_of(app, town, Role.AUDITOR)
    path = f"/meetings/{town.meeting.slug}/desk/log"
    whole = (await auditor.send("GET", path))[1]
    assert whole["before"] is None
    monkeypatch.setattr(api_desk, "LOG_PAGE", len(whole["acts"]))
    assert (await auditor.send("GET", path))[1] == whole
    monkeypatch.setattr(api_desk, "LOG_PAGE", len(whole["acts"]) - 1)
    first = (await auditor.send("GET", path))[1]
    rest = (await auditor.send("GET", f"{path}?before={first['before']}"))[1]
    assert first["acts"] + rest["acts"] == whole["acts"] and rest["before"] is None


async def test_the_log_says_what_was_done_and_with_which_other_question(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    by = await town.moderator()
    head, copy = await town.listed(), await town.ask(await town.attendee())
    assert head.number is not None
    await suggestions.dismiss(store, town.meeting, by, copy.q, head.q, NOW)
    await stage.arrange(store, town.meeting, by, [head.number], 0, NOW)
    await merge.merge(store, town.meeting, by, copy.q, copy.revision, head.number, NOW)
    out = await town.ask(await town.attendee(), "When do we get new chairs?")
    await decide.screen_out(store, town.meeting, by, out.q, 1, "duplicate", "", head.number, NOW)
    await meetings.change(store, town.meeting, {"policy": "Be kind."}, "org:1", NOW)
    auditor = await client_of(app, town, Role.AUDITOR)
    path = f"/meetings/{town.meeting.slug}/desk/log"
    acts = (await auditor.send("GET", path))[1]["acts"]
    told = {act["kind"]: act for act in acts}
    for kind in ("desk.dismiss", "desk.line", "q.merge", "q.screen"):
        assert told[kind]["others"] == [head.number], kind
    assert (told["q.screen"]["votes"], told["m.rule"]["what"]) == (0, "policy")
    assert {act["role"] for act in acts if act["kind"] == "m.role"} == {"mod:1", "mod:2", "aud:1"}
    assert told["q.received"]["others"] is None and told["q.list"]["role"] is None
    browser = await staffed(app, town, Role.MODERATOR)
    odd = await browser.get(f"/m/{town.meeting.slug}/desk/log?by=nobody%00&reason=%ff")
    assert browser.status == 200 and "Into no. 1" not in odd
    page = await browser.get(f"/m/{town.meeting.slug}/desk/log")
    assert f'href="/m/{town.meeting.slug}/q/1"' in page  # what the public sees of it
    for words in (
        "Into no. 1",
        "Not the same as no. 1",
        "Next on stage: no. 1",
        "Because of no. 1",
    ):
        assert words in page
    assert (
        "The screening rules" in page
        and "0 votes then" in page
        and "Appointment of Auditor 1" in page
    )
