"""From the ask form to the receipt file: locks, the file's contents, what an auditor says of a forgery."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import time
from pathlib import Path

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, erase, submit
from server.audit.checks import read_receipt
from server.audit.findings import Findings, Grade
from server.audit.main import audit
from server.audit.sources import Folder
from server.domain.ids import fate_capability
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.roles import Role
from server.store import question_rows
from server.store.decisions import Decision, commit
from server.store.question_rows import Question
from server.translog import leaf, proof
from server.translog.checkpoint import log_id
from server.translog.note import VerifierKey
from tests.acts.building import NOW, SECRET, Town, fresh_q, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import wiped
from tests.web.browsing import Browser, Client, staffed
from tests.web.test_log_files import Reader, published
from tests.web.test_told_record import site

W, A, SALT = secrets.token_hex(32), secrets.token_hex(32), secrets.token_hex(32)
TEXT = "Who keeps the receipts of all this?"


def _lock(secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


HL = {"w": _lock(W), "a": _lock(A)}


async def _asker(app: Quart, town: Town) -> Client:
    joined = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    return Client(app, joined.token)


async def _asked(client: Client, town: Town, **more: object) -> dict[str, str]:
    path = f"/meetings/{town.meeting.slug}/questions"
    body = {"q": fresh_q(), "text": TEXT, "lang": "en", **more}
    status, told = await client.send("POST", path, body)
    assert status == 201, told
    return dict(told)


async def _file(app: Quart, town: Town, fate: str) -> dict[str, str]:
    browser = Browser(app)
    held = json.loads(await browser.get(f"{fate}/receipt.json"))
    assert browser.status == 200 and browser.headers["cache-control"] == "no-store"
    return dict(held)


async def _audit(app: Quart, town: Town, size: int, held: list[bytes]) -> Findings:
    await published(Reader(app, town), size)
    folder = app.extensions["openfloor"].logs / log_id(town.meeting.id)
    key = VerifierKey.parse((folder / "vkey").read_text().strip())
    findings = Findings()
    found = [read_receipt("mine", data) for data in held]
    now_s = int(time.time())
    audit(Folder(folder), key, None, found, [], now_s, findings, lambda *_: None)
    return findings


async def test_the_receipt_file_holds_all_that_a_stranger_needs(app: Quart, store: Redis) -> None:
    town = await live_town(store)
    told = await _asked(await _asker(app, town), town, salt=SALT, hl=HL)
    held = await _file(app, town, told["fate"])
    data, key = base64.b64decode(held["leaf"]), VerifierKey.parse(held["vkey"])
    assert proof.verify(held["proof"], data, key)[0] == 1
    found = leaf.parse(data)
    assert found.fields["hl"] == HL and held["salt"] == SALT
    assert found.fields["c"] == leaf.commitment(bytes.fromhex(SALT), held["opening"].encode())
    assert json.loads(held["opening"])["text"] == TEXT
    assert held["follow"].endswith(told["fate"])
    findings = await _audit(app, town, 2, [leaf.canonical(dict(held))])
    assert findings.done["A10"] == "1 receipt." and not findings.of("A10", Grade.EVIDENCE)


async def test_the_address_of_nothing_and_of_an_erased_text_say_so(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store)
    asker = await _asker(app, town)
    told = await _asked(asker, town)
    browser = Browser(app)
    await browser.get(f"/m/{town.meeting.slug}/fate/{fresh_q()}/receipt.json")
    assert browser.status == 404
    number = (await _file(app, town, told["fate"]))["number"]
    found = await question_rows.by_number(store, town.meeting.id, int(number))
    assert found
    await erase.erase_named(store, town.meeting, int(number), found.revision, "law", NOW)
    await browser.get(f"{told['fate']}/receipt.json")
    assert browser.status == 410


async def test_a_text_that_the_store_lost_is_said_to_be_lost_and_its_leaf_is_proved_still(
    store: Redis, tmp_path: Path
) -> None:
    town, secret = await live_town(store), b"w" * 32
    q = await town.submit(await town.attendee(), TEXT)
    sequencer = sequencer_in(tmp_path)
    await settle(sequencer, store)
    await wiped(store)
    await settle(sequencer_in(tmp_path, secret=secret), store)
    at = f"/m/{town.meeting.slug}/fate/{fate_capability(secret, town.meeting.id, q)}"
    browser = Browser(site(store, tmp_path))
    held = json.loads(await browser.get(f"{at}/receipt.json?lang=en"))
    assert browser.status == 200 and (held["salt"], held["opening"]) == (None, None)
    assert held["lost"].startswith("The text was lost")
    assert "erased" not in held["lost"] and "The text was lost" in await browser.get(at)
    data, key = base64.b64decode(held["leaf"]), VerifierKey.parse(held["vkey"])
    assert proof.verify(held["proof"], data, key)[0] == 1
    assert read_receipt("mine", leaf.canonical(held)).leaf == data


async def test_a_receipt_made_while_its_leaf_is_signed_names_the_number(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    await town.submit(await town.attendee(), "The first one.")
    await settle(sequencer, store)
    q = await town.submit(await town.attendee(), TEXT)
    by_fate = submit.by_fate

    async def and_signed(redis: Redis, meeting: Meeting, capability: str) -> Question | None:
        """The question as it was before its leaf was signed."""
        found = await by_fate(redis, meeting, capability)
        await settle(sequencer, store)
        return found

    monkeypatch.setattr(submit, "by_fate", and_signed)
    at = f"/m/{town.meeting.slug}/fate/{fate_capability(SECRET, town.meeting.id, q)}"
    browser = Browser(site(store, tmp_path))
    held = json.loads(await browser.get(f"{at}/receipt.json"))
    assert browser.status == 200 and held["number"] == 2
    assert 'filename="receipt-2.json"' in browser.headers["content-disposition"]


async def test_the_form_takes_a_seal_and_the_secret_withdraws(app: Quart, store: Redis) -> None:
    town, browser, q = await live_town(store), Browser(app), fresh_q()
    slug = town.meeting.slug
    await browser.get(f"/m/{slug}/join")
    await browser.post(f"/m/{slug}/join", code=town.meeting.code)
    fields = {"q": q, "text": TEXT, "salt": SALT, "hl_w": HL["w"], "hl_a": HL["a"]}
    await browser.post(f"/m/{slug}/ask", None, **fields)
    assert browser.status == 200
    await browser.get(f"/m/{slug}/mine")
    await browser.post(f"/m/{slug}/withdraw", q=q)
    assert browser.status == 403 and "receipt" in browser.text
    await browser.get(f"/m/{slug}/mine")
    await browser.post(f"/m/{slug}/withdraw", q=q, pre=W)
    assert browser.status == 200
    findings = await _audit(app, town, 3, [])
    assert not findings.of("A5", Grade.EVIDENCE), findings.report()


async def test_a_withdrawal_without_the_secret_is_named_by_the_auditor(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store)
    told = await _asked(await _asker(app, town), town, salt=SALT, hl=HL)
    q = told["q"]
    forged = leaf.intent("q.withdraw", q=q, revision=1, pre=None)
    await commit(store, _withdrawal(town, q, forged))
    findings = await _audit(app, town, 3, [])
    (found,) = findings.of("A5", Grade.EVIDENCE)
    assert "does not show the asker's secret" in found.says


def _withdrawal(town: Town, q: str, intent: str) -> Decision:
    return Decision(
        meeting=town.meeting.id,
        q=q,
        revision=1,
        state=State.WITHDRAWN,
        intent=intent,
        at=NOW,
        sign_in="",
        closing=False,
        leaves_line=False,
        fields={"by": "asker"},
        openings={},
    )


async def test_the_key_goes_out_on_paper_and_with_the_invitation(app: Quart, store: Redis) -> None:
    town = await live_town(store, admission="roster")
    reader = Reader(app, town)
    await published(reader, 1)
    vkey = (await reader.get("vkey")).decode().strip()
    browser = await staffed(app, town, Role.ORGANISER)
    assert vkey in html.unescape(await browser.get(f"/m/{town.meeting.slug}/organise"))
    await browser.post(f"/m/{town.meeting.slug}/organise/roster", count="3")
    assert html.unescape(browser.text).count(vkey) == 3


async def test_the_page_that_checks_and_its_file_are_served(app: Quart, store: Redis) -> None:
    browser = Browser(app)
    assert "Check a receipt" in await browser.get("/verify")
    text = await browser.get("/verify/offline.html?lang=de")
    assert browser.headers["content-disposition"].startswith("attachment")
    assert '<html lang="de">' in text and "sha256-" in text
