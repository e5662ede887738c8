"""The organiser's page of exports, its API and files, and the page of jobs; what is not public is not
in them, also when it was while they were made."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, exports
from server.domain.export import LASTS_MS, Export, Stage
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.domain.roles import Role
from server.store import exports as stored
from server.store import jobs, sequencing
from server.store.jobs import Work
from server.translog.anchor import ANCHOR
from server.translog.checkpoint import log_id
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import SAME, Browser, Client
from tests.web.organising import organising
from tests.web.test_canary import caged
from tests.web.test_permissions import tokens_of
from workers.exports import job


async def made(store: Redis, url: str, folder: Path, meeting: Meeting, kind: str) -> Export:
    """A ready export of what is published, as a worker makes it."""
    await Town(store, meeting).published()
    id = from_bytes(os.urandom(16))
    asked = await exports.ask(store, meeting, id, kind, "org:1", NOW)
    logs = folder / "data" / "log"
    assert await job.make(store, url, logs, meeting.id, asked.id, asked.attempt)
    return await exports.one(store, meeting, asked.id)


def unpacked(raw: bytes) -> bytes:
    """All bytes of a zip's files, of zips in it too; other files as they are."""
    if raw[:2] != b"PK":
        return raw
    whole = zipfile.ZipFile(io.BytesIO(raw))
    return b"".join(name.encode() + unpacked(whole.read(name)) for name in whole.namelist())


async def fetched(app: Quart, meeting: Meeting, export: Export, token: str) -> tuple[int, bytes]:
    path = f"/m/{meeting.slug}/organise/exports/{export.id}/file"
    headers = {**SAME, "Authorization": f"Bearer {token}"}
    response = await app.test_client().get(path, headers=headers)
    return response.status_code, await response.get_data(as_text=False)


@pytest.mark.parametrize("kind", ["csv", "json", "zip"])
async def test_no_export_holds_a_canary_nor_does_its_job(
    store: Redis, app: Quart, store_url: str, tmp_path: Path, kind: str
) -> None:
    cage = await caged(store)
    meeting = cage.town.meeting
    token = (await tokens_of(cage.town))[Role.ORGANISER]
    export = await made(store, store_url, tmp_path, meeting, kind)
    status, raw = await fetched(app, meeting, export, token)
    assert status == 200 and len(raw) == export.size
    told = unpacked(raw)
    assert b"Why no tables?" in told
    assert [word for word in cage.secrets if word.encode() in told] == []


async def test_a_file_is_not_handed_out_once_a_text_in_it_is_public_no_more(
    store: Redis, app: Quart, store_url: str, tmp_path: Path
) -> None:
    town = await live_town(store)
    tokens = await tokens_of(town)
    token = tokens[Role.ORGANISER]
    listed = await town.listed(text="Is canarylater a secret?")
    waits = await town.ask(await town.attendee())
    export = await made(store, store_url, tmp_path, town.meeting, "csv")
    moderator = await town.moderator()
    # What never was public takes nothing away.
    await decide.screen_out(
        store, town.meeting, moderator, waits.q, 1, "personal-data", "", None, NOW
    )
    status, raw = await fetched(app, town.meeting, export, token)
    assert status == 200 and b"canarylater" in raw
    await decide.screen_out(
        store, town.meeting, moderator, listed.q, listed.revision, "personal-data", "", None, NOW
    )
    status, raw = await fetched(app, town.meeting, export, token)
    assert status == 410 and b"canarylater" not in raw
    (shown,) = await exports.standing(store, town.meeting, NOW)
    assert shown.stage is Stage.OUTDATED
    await town.published()
    anew = await exports.again(store, town.meeting, export.id, NOW)
    logs = tmp_path / "data" / "log"
    assert await job.make(store, store_url, logs, town.meeting.id, anew.id, anew.attempt)
    status, raw = await fetched(app, town.meeting, export, token)
    assert status == 200 and b"canarylater" not in raw


async def test_a_slower_twin_of_a_job_changes_nothing(
    store: Redis, app: Quart, store_url: str, tmp_path: Path
) -> None:
    town = await live_town(store)
    await town.listed()
    export = await made(store, store_url, tmp_path, town.meeting, "csv")
    await town.listed(text="One that the first run did not see?")
    logs = tmp_path / "data" / "log"
    told = (store_url, logs, town.meeting.id, export.id, export.attempt)
    assert not await job.make(store, *told)
    assert await exports.one(store, town.meeting, export.id) == export
    tokens = await tokens_of(town)
    token = tokens[Role.ORGANISER]
    status, raw = await fetched(app, town.meeting, export, token)
    assert status == 200 and len(raw) == export.size


async def test_an_organiser_asks_waits_and_takes_the_file_without_a_script(
    store: Redis, app: Quart, store_url: str, tmp_path: Path
) -> None:
    town = await live_town(store)
    await town.listed()
    browser, here = await organising(app, store), f"/m/{town.meeting.slug}/organise/exports"
    assert "No files yet." in await browser.get(here)
    fresh = re.search(r'name="id" value="([^"]+)"', browser.text)
    assert fresh is not None
    page = await browser.post(here, id=fresh[1], kind="csv")
    assert "Waiting for its turn" in page and "The worker is not running" in page
    assert (await browser.post(here, id=fresh[1], kind="csv")).count("Waiting for its turn") == 1
    await stored_as(store, town.meeting, fresh[1], stage=Stage.RUNNING, percent=40)
    assert 'value="40"' in await browser.get(here)
    logs = tmp_path / "data" / "log"
    assert await job.make(store, store_url, logs, town.meeting.id, fresh[1], 1)
    page = await browser.get(here)
    assert "Save CSV" in page and "not running" not in page
    await browser.get(f"{here}/{fresh[1]}/file")
    assert browser.status == 200
    assert "attachment" in browser.headers["content-disposition"]
    await stored_as(store, town.meeting, fresh[1], stage=Stage.FAILED, error="ConnectionError")
    assert "A store did not answer." in await browser.get(here)
    assert "Waiting for its turn" in await browser.post(f"{here}/{fresh[1]}/again")
    await stored_as(store, town.meeting, fresh[1], stage=Stage.READY, ready_at=NOW - LASTS_MS)
    assert "This file was deleted" in await browser.get(here)
    await browser.get(f"{here}/{fresh[1]}/file")
    assert browser.status == 410


async def stored_as(store: Redis, meeting: Meeting, id: str, **fields: object) -> None:
    before = await exports.one(store, meeting, id)
    changed = {name: getattr(before, name) for name in before.__slots__} | fields
    assert await stored.change(store, meeting.id, before, Export(**changed))


async def test_only_two_are_made_at_once_and_only_six_are_kept(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    tokens = await tokens_of(town)
    client = Client(app, tokens[Role.ORGANISER])
    here = f"/meetings/{town.meeting.slug}/exports"
    for n in range(10):
        id = from_bytes(os.urandom(16))
        status, told = await client.send("POST", here, {"id": id, "kind": "json"})
        assert (status, told["stage"]) == (202, "queued"), n
        if n > 0:
            older = told["id"]
            await stored_as(store, town.meeting, older, stage=Stage.FAILED, at=NOW + n)
    id = from_bytes(os.urandom(16))
    assert (await client.send("POST", here, {"id": id, "kind": "csv"}))[0] == 202
    refused = {"id": from_bytes(os.urandom(16)), "kind": "csv"}
    status, told = await client.send("POST", here, refused)
    assert status == 503 and told["error"]["code"] == "busy"
    status, told = await client.send("GET", here)
    assert status == 200 and len(told["exports"]) == 6 and told["workers"] == 0
    assert sum(one["stage"] == "queued" for one in told["exports"]) == 2
    status, told = await client.send("POST", here, {"id": "x", "kind": "exe"})
    assert status == 400


async def test_the_page_of_jobs_shows_what_waits_and_says_so_when_it_cannot(
    store: Redis, app: Quart, store_url: str
) -> None:
    town = await live_town(store)
    browser = await organising(app, store)
    page = await browser.get("/organise/jobs")
    assert "No worker is running." in page and "Nothing failed." in page
    assert "is not signed on" not in page
    for log, reason in ((town.meeting.id, "Older <than> signed."), (ANCHOR, "Another key.")):
        await sequencing.tell_halted(store, log, reason)
    page = await browser.get("/organise/jobs")
    assert "The anchor log is not signed on." in page and "Another key." in page
    assert f"{town.meeting.title}</bdi></b> The log of this meeting is not signed on." in page
    assert "Older &lt;than&gt; signed." in page and "should be gone" not in page
    await sequencing.tell_left(store, town.meeting.id, sequencing.Left.ALL)
    page = await browser.get("/organise/jobs")
    assert f"still lie in the folder log/{log_id(town.meeting.id)}/ of the data folder" in page
    assert jobs.enqueue(store_url, Work.ANALYSE, "one", town.meeting.id)
    assert not jobs.enqueue(store_url, Work.ANALYSE, "one", town.meeting.id)
    assert re.search(r"<dt>In the queue</dt><dd>1</dd>", await browser.get("/organise/jobs"))
    await browser.post("/organise/jobs/dismiss", id="never")
    assert browser.status == 404
    stranger = Browser(app)
    await stranger.get("/organise/jobs")
    assert stranger.status == 401
