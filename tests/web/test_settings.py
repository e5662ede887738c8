"""Every setting kept and changed afterwards, every refused form given back, looks and rosters."""

from __future__ import annotations

import re
from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, meetings
from server.store import keys, typed
from tests.acts.building import NOW, live_town
from tests.domain.test_look import CODES, png
from tests.web.browsing import Browser
from tests.web.organising import form_of, intents, organising, send_files, stands


async def test_every_setting_is_changed_afterwards_and_the_change_is_logged(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    path = f"/m/{town.meeting.slug}/organise/settings"
    fields = form_of(await organiser.get(path))
    await organiser.post(path, **fields)
    assert await stands(town) == town.meeting  # a form sent as it stood changes nothing
    changes: dict[str, Any] = {
        "title": "Winter hall", "description": "Two\nlines", "languages": "de fr",
        "zone": "Asia/Tokyo", "starts_at": "2030-01-02T09:30", "asking_until": "2030-01-02T11:00",
        "stream_url": "https://stream.example/x", "stream_delay_s": "7", "after_display": "on",
        "min_chars": "5", "max_chars": "300", "submit_limit": "9", "policy": "* **Be kind**",
        "readers": "everyone", "accent": "#aa3377", "admission": "roster",
        "reason_sentence_1": "Nothing for here.", "reason_code_0": "", "reason_sentence_0": "",
    }  # fmt: skip
    await organiser.post(path, **{**fields, **changes})
    assert organiser.status == 200 and "Saved." in organiser.text
    after = await stands(town)
    assert (after.title, after.zone, after.languages) == ("Winter hall", "Asia/Tokyo", ("de", "fr"))
    assert after.description == "Two\nlines" and after.stream_delay_s == 7 and after.after_display
    assert (after.min_chars, after.max_chars, after.submit_limit) == (5, 300, 9)
    assert (after.readers, after.accent, after.admission) == ("everyone", "#aa3377", "roster")
    assert after.reasons[0].sentence == "Nothing for here." and after.starts_at == 1_893_544_200_000
    (rule,) = await intents(town, "m.rule")
    assert (rule["what"], rule["by"]) == ("settings", "org:1")
    document = await typed.hget(store, keys.rules(town.meeting.id), str(rule["new"]))
    assert document and "Winter hall" in document and town.meeting.code not in document


async def test_a_refused_form_comes_back_as_typed_with_each_error_at_its_field(
    store: Redis, app: Quart
) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    path = f"/m/{town.meeting.slug}/organise/settings"
    fields = form_of(await organiser.get(path))
    wrong: dict[str, Any] = {
        "title": "x",
        "zone": "Mars/Olympus",
        "max_chars": "many",
        "policy": "My policy",
    }
    await organiser.post(path, **{**fields, **wrong, "reason_code_1": "Not Good"})
    assert organiser.status == 400 and ">My policy</textarea>" in organiser.text
    for name in ("title", "zone", "max_chars", "reasons"):
        assert f'id="{name}-wrong"' in organiser.text, name
    for typed_value in ("Mars/Olympus", "many", "Not Good"):
        assert f'value="{typed_value}"' in organiser.text
    in_gap: dict[str, Any] = {"zone": "Europe/Paris", "starts_at": "2026-03-29T02:30"}
    await organiser.post(path, **{**fields, **in_gap})
    assert organiser.status == 400 and "the clocks change" in organiser.text
    assert await stands(town) == town.meeting


async def test_a_form_on_an_old_revision_overwrites_nothing(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    path = f"/m/{town.meeting.slug}/organise/settings"
    fields = form_of(await organiser.get(path))
    await organiser.post(path, **{**fields, "title": "First hall"})
    await organiser.get(path)
    await organiser.post(path, **{**fields, "title": "Second hall"})
    assert organiser.status == 409 and 'value="Second hall"' in organiser.text
    assert (await stands(town)).title == "First hall"


async def test_the_way_of_joining_is_fixed_by_the_first_who_joins(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    await town.attendee()
    path = f"/m/{town.meeting.slug}/organise/settings"
    fields = form_of(await organiser.get(path))
    assert "somebody" in organiser.text.lower() and "admission" not in fields
    await organiser.post(path, **{**fields, "admission": "roster"})
    assert organiser.status == 409 and 'id="admission-wrong"' in organiser.text
    assert (await stands(town)).admission == "code"


async def test_rows_are_added_to_the_reasons_without_saving(store: Redis, app: Quart) -> None:
    organiser = await organising(app, store)
    await organiser.get("/organise/new")
    rows = organiser.text.count('name="reason_code_')
    fields = {**form_of(organiser.text), "title": "Half typed"}
    await organiser.post("/organise/new", **fields, more="rows")
    assert organiser.text.count('name="reason_code_') > rows
    assert 'value="Half typed"' in organiser.text


async def test_a_logo_is_served_by_its_bytes_and_removed_again(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    path = f"/m/{town.meeting.slug}/organise/settings"
    fields = form_of(await organiser.get(path))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    await send_files(organiser, path, fields, "logo", svg)
    assert organiser.status == 400 and 'id="logo-wrong"' in organiser.text
    await send_files(organiser, path, fields, "logo", png() + b"\x00" * 200_000)
    name = (await stands(town)).logo
    response = await app.test_client().get(
        f"/m/{town.meeting.slug}/logo/{name}", headers={"Host": "floor.example"}
    )
    assert (await response.get_data()) == png() + b"\x00" * 200_000
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]
    fields = form_of(await organiser.get(path))
    await organiser.post(path, **fields, no_logo="on")
    assert (await stands(town)).logo == ""
    assert await typed.hgetall(store, keys.logo(town.meeting.id)) == {}


async def test_a_large_body_is_taken_from_organisers_alone(store: Redis, app: Quart) -> None:
    town, stranger = await live_town(store, admission="roster"), Browser(app)
    await stranger.get("/")
    path = f"/m/{town.meeting.slug}/organise/roster/file"
    await send_files(stranger, path, {}, "codes", b"\n" * 300_000)
    assert stranger.status == 413
    organiser = await organising(app, store)
    await organiser.get(f"/m/{town.meeting.slug}/organise")
    await send_files(organiser, path, {}, "codes", b"\n" * 9_000_000)
    assert organiser.status == 413


async def test_a_roster_comes_from_a_file_whole_or_not_at_all(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store, admission="roster"), await organising(app, store)
    await organiser.get(f"/m/{town.meeting.slug}/organise")
    path = f"/m/{town.meeting.slug}/organise/roster/file"
    await send_files(organiser, path, {}, "codes", "\n".join([*CODES, "bad"]).encode())
    assert organiser.status == 400 and "Line 4" in organiser.text
    assert await admission.roster_size(store, town.meeting) == 0
    table = "\n".join(f"{code},Nobody Example" for code in CODES)
    await send_files(organiser, path, {}, "codes", table.encode())
    assert "3 new codes were added" in organiser.text
    await admission.join(store, town.meeting, CODES[0], NOW)
    await send_files(organiser, path, {}, "codes", table.encode())
    assert "0 new codes were added" in organiser.text and "1 of them was used" in organiser.text
    dump = [str(await store.dump(key)) async for key in store.scan_iter("*roster*")]
    assert not any("Nobody" in part or CODES[1] in part for part in dump)


async def test_a_sheet_of_fresh_codes_lets_each_person_in_once(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store, admission="roster"), await organising(app, store)
    await organiser.get(f"/m/{town.meeting.slug}/organise")
    await organiser.post(f"/m/{town.meeting.slug}/organise/roster", count="5")
    codes = re.findall(r'<b class="code">([A-Z0-9-]+)</b>', organiser.text)
    assert len(set(codes)) == 5
    assert (await admission.join(store, town.meeting, codes[3], NOW)).sign_in.voter is not None


async def test_a_step_is_explained_before_it_is_taken(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    page = await organiser.get(f"/m/{town.meeting.slug}/organise/phase/closed")
    assert "no way back" in page
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision is not None
    await organiser.post(
        f"/m/{town.meeting.slug}/organise/phase", phase="closed", revision=revision[1]
    )
    assert (await stands(town)).phase == "closed"
    await organiser.get(f"/m/{town.meeting.slug}/organise/phase/live")
    assert organiser.status == 404


async def test_a_window_that_is_to_open_is_shut_until_then(store: Redis, app: Quart) -> None:
    town, organiser = await live_town(store), await organising(app, store)
    page = await organiser.get(f"/m/{town.meeting.slug}/organise")
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision is not None
    path = f"/m/{town.meeting.slug}/organise/windows"
    await organiser.post(path, revision=revision[1], voting_from="2190-01-01T10:00")
    after = await stands(town)
    assert not after.voting and after.asking and after.voting_from is not None


async def test_a_policy_is_markdown_that_cannot_do_anything(store: Redis, app: Quart) -> None:
    policy = "# Rules\n\n**Be kind** <script>alert(1)</script> ![x](https://evil.example/x.png)\n"
    policy += "[good](https://example.org) [bad](javascript:alert(1))"
    town = await live_town(store, policy=policy, readers="attendees")
    page = await Browser(app).get(f"/m/{town.meeting.slug}/policy")
    assert "<strong>Be kind</strong>" in page and "<h3>Rules</h3>" in page
    assert "<script>alert" not in page and "evil.example" not in page
    assert 'href="javascript' not in page and 'href="https://example.org"' in page


async def test_a_stylesheet_is_made_of_checked_colours_alone(store: Redis, app: Quart) -> None:
    town = await live_town(store, accent="#ffee00")
    browser = Browser(app)
    assert 'href="/style/ffee00.css"' in await browser.get(f"/m/{town.meeting.slug}/join")
    css = await browser.get("/style/ffee00.css")
    assert browser.headers["content-type"].startswith("text/css") and "--on-accent: #" in css
    for odd in ("red", "FFEE00", "ffee0", "ffee00;x"):
        await browser.get(f"/style/{odd}.css")
        assert browser.status == 404, odd


async def test_a_meeting_may_begin_announced_and_collect_later(store: Redis, app: Quart) -> None:
    organiser = await organising(app, store)
    fields = form_of(await organiser.get("/organise/new"))
    await organiser.post(
        "/organise/new", **{**fields, "title": "Summer hall", "phase": "announced"}
    )
    slug = re.search(r"/m/([\w-]+)/join", organiser.text)
    assert slug is not None
    found = await meetings.by_slug(store, slug[1])
    assert found is not None and found.phase == "announced" and not found.asks_open()


async def test_new_rules_and_a_new_phase_at_once_are_two_entries_of_the_log(store: Redis) -> None:
    town = await live_town(store, phase="collecting")
    change = {"phase": "live", "title": "Another hall"}
    await meetings.change(store, town.meeting, change, "org:1", NOW)
    after = await stands(town)
    assert (after.title, after.phase, after.revision) == ("Another hall", "live", 3)
    assert len(await intents(town, "m.rule")) == len(await intents(town, "m.phase")) == 1
