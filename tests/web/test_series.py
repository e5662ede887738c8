"""A meeting that continues an ended one: chosen on the page or over the API, logged, shown, verified."""

from __future__ import annotations

import json
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import closing, meetings, series, staff
from server.acts.log_folder import LogFolder, head_of
from server.acts.log_record import Records
from server.acts.series import Named
from server.audit.findings import Findings, Grade
from server.audit.main import audit
from server.audit.series import Earlier
from server.audit.sources import Folder
from server.domain.meeting import Meeting
from server.domain.meeting_fields import LATEST_MS
from server.domain.refusals import Refused
from server.store import keys, typed
from server.translog import leaf
from server.translog.checkpoint import Checkpoint, log_id, origin, signer
from server.translog.note import VerifierKey
from tests.acts.building import NOW, Town, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import wiped
from tests.web.browsing import Browser, Client
from tests.web.organising import form_of, organising
from tests.web.test_told_record import site


async def ended_town(store: Redis, folder: Path, **fields: object) -> Town:
    """A meeting with one answered question, closed, its log with its last entry."""
    town = await live_town(store, title="Spring hall", **fields)
    await town.submit(await town.attendee(), "Why no chairs?")
    await settle(sequencer_in(folder), store)
    await _end(town, folder)
    return town


async def _end(town: Town, folder: Path) -> None:
    town.meeting = await meetings.change(
        town.store, town.meeting, {"phase": "closed"}, "org:1", NOW
    )
    while await closing.settle(town.store, town.meeting, NOW):
        pass
    await settle(sequencer_in(folder), town.store)


def _log(folder: Path, meeting: Meeting) -> LogFolder:
    return LogFolder(folder / "data" / "log" / log_id(meeting.id))


def _opening(folder: Path, meeting: Meeting) -> leaf.Leaf:
    found = _log(folder, meeting)
    return leaf.parse(next(iter(found.leaves(0, head_of(found.served()).size))))


async def _newest(store: Redis) -> Meeting:
    return (await meetings.all_meetings(store))[0]


async def _api(app: Quart, store: Redis) -> Client:
    link = await staff.new_organiser_link(store)
    return Client(app, await staff.redeem_organiser_link(store, link, NOW))


async def test_the_form_offers_ended_meetings_and_the_first_entry_names_the_chosen_ones_end(
    store: Redis, tmp_path: Path
) -> None:
    town, app = await ended_town(store, tmp_path), site(store, tmp_path)
    await live_town(store, title="Still open")
    organiser = await organising(app, store)
    page = await organiser.get("/organise/new")
    offered = page[page.index('<select id="prev"') :].partition("</select>")[0]
    assert offered.count("<option") == 2 and "Spring hall" in offered and "open" not in offered
    fields = form_of(page)
    await organiser.post(
        "/organise/new", **{**fields, "title": "Autumn hall", "prev": town.meeting.slug}
    )
    assert organiser.status == 200, organiser.text
    await settle(sequencer_in(tmp_path), store)
    new, head = await _newest(store), head_of(_log(tmp_path, town.meeting).served())
    assert new.title == "Autumn hall"
    assert _opening(tmp_path, new).fields["prev"] == {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
    }
    for lang, words in (("en", "continues that of an earlier"), ("de", "setzt das einer früheren")):
        page = await Browser(app).get(f"/m/{new.slug}/screened-out?lang={lang}")
        assert words in page and f'href="/m/{town.meeting.slug}/screened-out"' in page
        assert "Spring hall" in page and str(head.size) in page
    told = json.loads(await Browser(app).get(f"/m/{new.slug}/screened-out.json"))
    assert told["continues"] == {"origin": head.origin, "size": head.size}
    page = await Browser(app).get(f"/m/{town.meeting.slug}/screened-out")
    assert "continues that of" not in page


async def test_both_logs_hold_for_the_auditor_and_a_rewritten_earlier_one_does_not(
    store: Redis, tmp_path: Path
) -> None:
    town, app = await ended_town(store, tmp_path), site(store, tmp_path)
    by = await _api(app, store)
    status, told = await by.send("POST", "/meetings", {"title": "Next", "prev": town.meeting.slug})
    assert status == 201, told
    await settle(sequencer_in(tmp_path), store)
    new = await _newest(store)
    found = _audited(tmp_path, new, town.meeting)
    assert not [one for one in found.all if one.grade is Grade.EVIDENCE], found.report()
    assert "it was closed" in found.done["A2"]
    other = await ended_town(store, tmp_path)
    found = _audited(tmp_path, new, other.meeting)
    (said,) = found.of("A2", Grade.UNCHECKED)
    assert said.says.startswith("--prev-vkey is the key of")


def _audited(folder: Path, meeting: Meeting, earlier: Meeting) -> Findings:
    findings, logs = Findings(), folder / "data" / "log"
    new, old = [logs / log_id(one.id) for one in (meeting, earlier)]
    key, key_of_old = [VerifierKey.parse((at / "vkey").read_text().strip()) for at in (new, old)]
    before, now = Earlier(Folder(old), key_of_old), int(time.time())
    audit(Folder(new), key, None, [], [], now, findings, lambda *_: None, None, before)
    return findings


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("unknown", 400, "is no meeting of this server."),
        ("open", 409, "is still open: only what is closed can be continued."),
        ("no log", 409, "has no log that could be continued."),
        ("unfinished", 409, "its log has no last entry yet. Try again in a minute."),
    ],
)
async def test_what_cannot_be_continued_is_refused_in_words_and_nothing_is_made(
    store: Redis, tmp_path: Path, what: str, status: int, words: str
) -> None:
    app = site(store, tmp_path)
    town = await live_town(store)
    if what != "no log":
        await town.submit(await town.attendee())
        await settle(sequencer_in(tmp_path), store)
    if what in ("no log", "unfinished"):
        m = town.meeting
        town.meeting = await meetings.change(store, m, {"phase": "closed"}, "org:1", NOW)
    slug = "no-such-meeting" if what == "unknown" else town.meeting.slug
    by, before = await _api(app, store), len(await meetings.all_meetings(store))
    found, told = await by.send("POST", "/meetings", {"title": "Next", "prev": slug})
    assert found == status and words in told["error"]["message"], told
    organiser = await organising(app, store)
    fields = form_of(await organiser.get("/organise/new"))
    page = await organiser.post("/organise/new", **{**fields, "title": "Next", "prev": slug})
    assert organiser.status == status and words in unescape(page) and 'value="Next"' in page
    assert len(await meetings.all_meetings(store)) == before


async def test_a_first_leaf_that_would_be_too_large_is_refused_before_it_is_made(
    store: Redis, tmp_path: Path
) -> None:
    town = await ended_town(store, tmp_path)
    slug, logs, records = town.meeting.slug, tmp_path / "data" / "log", Records()
    head = await series.earlier_head(store, records, logs, "https://floor.example", Named(slug))
    assert head is not None
    room = series.NAMES_MOST - len(head.origin)
    assert await series.earlier_head(store, records, logs, "x" * room, Named(slug)) == head
    with pytest.raises(Refused, match="too long to be named"):
        await series.earlier_head(store, records, logs, "x" * (room + 1), Named(slug))
    # The largest that is let through: every field at its longest, both names long.
    late = {name: LATEST_MS - 1000 for name in ("starts_at", "asking_from", "voting_from")}
    late |= {"asking_until": LATEST_MS, "voting_until": LATEST_MS}
    most = {"min_chars": 200, "max_chars": 2000, "submit_limit": 1000, "readers": "attendees"}
    fields = {"title": "Next", **late, **most, "admission": "roster", "after_display": True}
    own = origin("x" * 120, head.origin.rpartition("/")[2])
    prev = Checkpoint("x" * (series.NAMES_MOST - 120), 2**40, head.root)
    made = await meetings.create(store, fields, NOW, prev)
    (entry,) = await typed.entries(store, keys.intake(made.id), "", 1)
    told = leaf.finish({**leaf.read_intent(entry[1]["intent"]), "origin": own}, NOW // 1000, None)
    assert 1000 < len(told) <= 1024


ELSEWHERE = signer(bytes(32), "old.example/log/bbbbbbbbbbbbbbbbbbbbbbbbba")
SIGNED = ELSEWHERE.sign(Checkpoint(ELSEWHERE.key.name, 41, bytes(range(32))).text())


async def test_a_log_of_another_server_is_named_by_what_it_signed(
    store: Redis, tmp_path: Path
) -> None:
    app = site(store, tmp_path)
    organiser = await organising(app, store)
    fields = form_of(await organiser.get("/organise/new"))
    note = SIGNED.replace("\n", "\r\n").strip()  # as a form sends what was pasted
    named = {"prev_note": note, "prev_vkey": f" {ELSEWHERE.key.text()} "}
    await organiser.post("/organise/new", **{**fields, "title": "Goes on here", **named})
    assert organiser.status == 200, organiser.text
    await settle(sequencer_in(tmp_path), store)
    new = await _newest(store)
    root = bytes(range(32)).hex()
    told = {"origin": ELSEWHERE.key.name, "size": 41, "root": root}
    assert _opening(tmp_path, new).fields["prev"] == told
    page = await Browser(app).get(f"/m/{new.slug}/screened-out?lang=de")
    assert ELSEWHERE.key.name in page and "41 Einträge" in page


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"prev_vkey": "nonsense"}, "prev_vkey", "is not the key of a log."),
        ({"prev_vkey": ""}, "prev_vkey", "is not the key of a log."),
        ({"prev_note": ""}, "prev_note", "is not signed with that log's key"),
        ({"prev_note": SIGNED.replace("41", "42")}, "prev_note", "is not signed with that"),
        ({"prev_note": SIGNED[:60]}, "prev_note", "is not signed with that log's key, or not"),
        ({"prev": "some-meeting"}, "prev_note", "cannot be named beside a meeting"),
    ],
)
async def test_what_another_server_did_not_sign_is_refused_at_its_field(
    store: Redis, tmp_path: Path, changes: dict[str, str], field: str, words: str
) -> None:
    app = site(store, tmp_path)
    given = {"prev_note": SIGNED, "prev_vkey": ELSEWHERE.key.text(), **changes}
    status, told = await (await _api(app, store)).send("POST", "/meetings", {"title": "N", **given})
    assert status == 400
    assert told["error"]["message"].startswith(f"{field}: ") and words in told["error"]["message"]
    organiser = await organising(app, store)
    fields = form_of(await organiser.get("/organise/new"))
    page = await organiser.post("/organise/new", **{**fields, "title": "Next", **given})
    assert organiser.status == 400 and words in unescape(page)
    assert f'id="{field}-wrong"' in page and await meetings.all_meetings(store) == []


async def test_a_log_of_this_server_cannot_be_named_as_one_of_another(
    store: Redis, tmp_path: Path
) -> None:
    town, app = await live_town(store), site(store, tmp_path)
    await town.submit(await town.attendee())
    await settle(sequencer_in(tmp_path), store)
    log = _log(tmp_path, town.meeting)
    given = {"title": "Next", "prev_note": log.served(), "prev_vkey": log.vkey()}
    status, told = await (await _api(app, store)).send("POST", "/meetings", given)
    assert status == 400 and "choose it there" in told["error"]["message"]


async def test_a_meeting_is_never_made_to_continue_another_afterwards(
    store: Redis, tmp_path: Path
) -> None:
    town, app = await ended_town(store, tmp_path), site(store, tmp_path)
    other = await live_town(store)
    by, organiser = await _api(app, store), await organising(app, store)
    body: dict[str, Any] = {"revision": 1, "prev": town.meeting.slug}
    status, told = await by.send("PATCH", f"/meetings/{other.meeting.slug}", body)
    assert status == 400 and "prev" in told["error"]["message"]
    page = await organiser.get(f"/m/{other.meeting.slug}/organise/settings")
    assert 'name="prev"' not in page


async def test_the_name_of_a_record_for_attendees_alone_is_not_told(
    store: Redis, tmp_path: Path
) -> None:
    town = await ended_town(store, tmp_path, readers="attendees")
    app = site(store, tmp_path)
    by = await _api(app, store)
    await by.send("POST", "/meetings", {"title": "Next", "prev": town.meeting.slug})
    await settle(sequencer_in(tmp_path), store)
    new, origin = await _newest(store), head_of(_log(tmp_path, town.meeting).served()).origin
    page = await Browser(app).get(f"/m/{new.slug}/screened-out")
    assert origin in page and town.meeting.slug not in page and "Spring hall" not in page


async def test_a_rebuilt_store_still_shows_what_a_record_continues(
    store: Redis, tmp_path: Path
) -> None:
    town, app = await ended_town(store, tmp_path), site(store, tmp_path)
    by = await _api(app, store)
    await by.send("POST", "/meetings", {"title": "Next", "prev": town.meeting.slug})
    await settle(sequencer_in(tmp_path), store)
    new = await _newest(store)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    page = await Browser(app).get(f"/m/{new.slug}/screened-out")
    assert "Spring hall" in page and f'href="/m/{town.meeting.slug}/screened-out"' in page
