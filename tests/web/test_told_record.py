"""The public record is the log: pages and files are drawn from published leaves and openings alone."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

from quart import Quart
from redis.asyncio import Redis

from server.acts import appeal, decide, merge, stage
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.sources import Zip
from server.live.boards import Boards
from server.store import keys
from server.translog.checkpoint import log_id
from server.translog.note import VerifierKey
from server.web.app import create_app
from server.web.parts import WebParts
from tests.acts.building import NOW, Town, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.web.browsing import Browser
from tests.web.conftest import now_ms, streams_of
from workers.sequencer.sequencer import Sequencer


def site(
    store: Redis, folder: Path, later_ms: int = 0, public_url: str = "http://floor.example"
) -> Quart:
    """An application whose sequencer works when a test says so; its clock stands, or is ahead."""
    boards, now = Boards(store), now_ms() + later_ms
    return create_app(
        WebParts(
            store=store,
            boards=boards,
            streams=streams_of(store, boards),
            secret=b"w" * 32,
            public_url=public_url,
            clock=lambda: now,
            network_per_min=6000,
            tick_ms=250,
            logs=folder / "data" / "log",
        )
    )


async def taken(town: Town, sequencer: Sequencer, text: str) -> str:
    """A question that has its number by the log."""
    q = await town.submit(await town.attendee(), text)
    await settle(sequencer, town.store)
    return q


async def busy(store: Redis, folder: Path) -> tuple[Town, Sequencer, list[str]]:
    """A meeting with three screenings, one of them reversed, one withheld; a merge, a skip, a pick."""
    town, sequencer = await live_town(store), sequencer_in(folder)
    texts = ("Why no trains?", "=Who lives there?", "Is there cake?", "Canteen?", "Menu?")
    qs = [await taken(town, sequencer, f"{text} Say it.") for text in texts]
    m, one, two = town.meeting, await town.moderator(), await town.moderator()
    asker = await town.attendee()
    own = await town.submit(asker, "Is mine about our work?")
    await settle(sequencer, store)
    for q, reason in ((qs[0], "off-topic"), (qs[1], "personal-data"), (own, "unclear")):
        await decide.screen_out(store, m, one, q, 1, reason, "A word on it.", None, NOW)
    await appeal.appeal(store, m, asker, own, "Yes, it is.", NOW)
    await appeal.judge(store, m, two, own, (await town.look(own)).revision, True, NOW)
    for q in qs[2:]:
        await decide.list_question(store, m, one, q, 1, NOW)
    await merge.merge(store, m, one, qs[4], 2, 4, NOW)
    await stage.skip(store, m, one, qs[2], 2, "no-time", NOW)
    found = await town.look(qs[3])
    await stage.pick(store, m, one, qs[3], found.revision, NOW)
    await settle(sequencer, store)
    return town, sequencer, [*qs, own]


async def test_pages_and_files_are_what_the_published_log_gives(
    store: Redis, tmp_path: Path
) -> None:
    town, _, _ = await busy(store, tmp_path)
    browser, slug, log = Browser(site(store, tmp_path)), town.meeting.slug, log_id(town.meeting.id)
    page = await browser.get(f"/m/{slug}/screened-out")
    assert "Drawn from the meeting&#39;s published log" in page and "is behind" not in page
    assert "Why no trains?" in page and "lives there" not in page and "Yes, it is." in page
    told = json.loads(await browser.get(f"/m/{slug}/screened-out.json"))
    file = json.loads(await browser.get(f"/log/{log}/screened-out.json"))
    assert [row["number"] for row in file["questions"]] == [1, 2, 6]
    assert told["log_size"] == file["size"] and told["reasons"] == file["reasons"]
    for case, row in zip(told["screened_out"], file["questions"], strict=True):
        assert (case["text"], case["state"]) == (row["text"], row["state"])
        acts = [(act["act"], act["note"], act["reason_sentence"]) for act in case["entries"]]
        assert acts == [(act["act"], act["note"], act["sentence"]) for act in row["entries"]]
    lines = (await browser.get(f"/log/{log}/screened-out.csv")).splitlines()
    assert len(lines) == 1 + sum(len(row["entries"]) for row in file["questions"])
    page = await browser.get(f"/m/{slug}/q/4")
    assert "Merged into this one:" in page and "picked as no. 2 by votes" in page
    assert "Place 1 was passed over:" in page and "There was no time left for it." in page


async def test_the_auditor_draws_the_same_files_from_the_archive_and_names_a_changed_one(
    store: Redis, tmp_path: Path
) -> None:
    town, _, _ = await busy(store, tmp_path)
    app, log = site(store, tmp_path), log_id(town.meeting.id)
    answer = await app.test_client().get(
        f"/log/{log}/archive.zip", headers={"Host": "floor.example"}
    )
    whole = tmp_path / "whole.zip"
    whole.write_bytes(bytes(await answer.get_data(as_text=False)))
    found = _audited(whole)
    assert found.status() == 0, found.report()
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(whole) as given, zipfile.ZipFile(other, "w") as made:
        for name in given.namelist():
            data = given.read(name)
            if name == "screened-out.csv":
                data = data.replace(b"off-topic", b"abusive")
            made.writestr(name, data)
    assert "screened-out.csv is not what" in _audited(other).report()


def _audited(path: Path) -> Findings:
    findings, source = Findings(), Zip(path)
    key = VerifierKey.parse((source.get("vkey") or b"").decode().strip())
    audit(source, key, None, [], [], int(time.time()), findings, lambda *_: None)
    return findings


async def test_what_is_not_published_is_not_in_the_record_and_after_five_seconds_that_is_said(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer, qs = await busy(store, tmp_path)
    moderator = await town.moderator()
    await settle(sequencer, store)
    listed, browser = await town.look(qs[2]), Browser(site(store, tmp_path))
    await decide.screen_out(
        store, town.meeting, moderator, listed.q, listed.revision, "off-topic", "", None, NOW
    )
    at = f"/m/{town.meeting.slug}/screened-out"
    assert "Is there cake?" not in await browser.get(at)
    late = await Browser(site(store, tmp_path, 6_000)).get(at)
    assert "The record is behind since" in late and "Is there cake?" not in late
    assert "The record is behind" not in await browser.get(at)
    await settle(sequencer, store)
    page = await Browser(site(store, tmp_path, 6_000)).get(at)
    assert "Is there cake?" in page and "The record is behind" not in page


async def test_a_text_that_the_store_lost_is_said_to_be_lost(store: Redis, tmp_path: Path) -> None:
    town, _, qs = await busy(store, tmp_path)
    await store.hset(keys.question(town.meeting.id, qs[0]), mapping={"text": "", "salt": ""})
    browser = Browser(site(store, tmp_path))
    page = await browser.get(f"/m/{town.meeting.slug}/screened-out")
    assert "The text was lost" in page and "Why no trains?" not in page
    told = json.loads(await browser.get(f"/m/{town.meeting.slug}/screened-out.json"))
    assert [case["gone"] for case in told["screened_out"]] == ["lost", None, None]


async def test_a_meeting_without_a_log_says_so(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    page = await Browser(site(store, tmp_path)).get(f"/m/{town.meeting.slug}/screened-out")
    assert "This meeting has no public log" in page
