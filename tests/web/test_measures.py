"""What operators see: counts that move, a readiness that writes, and a journal without anybody's words."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import structlog
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from quart import Quart
from redis.asyncio import Redis

from server import journal
from server.acts import admission, submit
from server.live import measures
from server.store.client import connect
from server.web.app import create_app
from server.web.parts import WebParts
from tests.acts.building import NOW, fresh_q, live_town
from tests.web.browsing import Browser, Client

DOCUMENT = Path(__file__).parents[2] / "docs/metrics.md"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_votes_questions_and_refusals_are_counted(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    await town.listed()
    token = (await admission.join(store, town.meeting, town.meeting.code, NOW)).token
    client, path = Client(app, token), f"/meetings/{town.meeting.slug}"
    before = [
        value("openfloor_votes_total", door="http"),
        value("openfloor_refusals_total", door="http", code="unknown"),
        value("openfloor_questions_total", door="http"),
    ]
    await client.send("POST", f"{path}/votes", {"n": 1, "on": True, "c": 1})
    await client.send("POST", f"{path}/votes", {"n": 77, "on": True, "c": 2})
    body = {"q": fresh_q(), "text": "Is this one counted?"}
    await client.send("POST", f"{path}/questions", body)
    after = [
        value("openfloor_votes_total", door="http"),
        value("openfloor_refusals_total", door="http", code="unknown"),
        value("openfloor_questions_total", door="http"),
    ]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
    page = await Browser(app).get("/metrics")
    assert town.meeting.slug not in page and "openfloor_refusals_total" in page


def test_the_document_names_every_metric_and_no_other() -> None:
    metrics = [kind for kind in vars(measures).values() if isinstance(kind, MetricWrapperBase)]
    made = {family.name: family.type for kind in metrics for family in kind.describe()}
    names = {f"{name}_total" if kind == "counter" else name for name, kind in made.items()}
    assert set(re.findall(r"^\| `(openfloor_\w+)`", DOCUMENT.read_text(), re.M)) == names


def test_no_label_can_name_anybody() -> None:
    known = {"door": {"socket", "http"}, "code": {code.value for code in measures.HTTP.refusals}}
    for family in REGISTRY.collect():
        if family.name.startswith("openfloor_"):
            for sample in family.samples:
                for name, told in sample.labels.items():
                    assert name == "le" or told in known[name]


async def test_ready_means_that_the_store_takes_writes(
    store: Redis, store_url: str, app: Quart
) -> None:
    browser = Browser(app)
    await browser.get("/readyz")
    assert browser.status == 200
    await store.config_set("min-replicas-to-write", "3")  # PING still answers, a write does not
    try:
        assert await store.ping()
        assert json.loads(await browser.get("/readyz")) == {"ok": False}
        assert browser.status == 503
        await browser.get("/healthz")
        assert browser.status == 200
    finally:
        await store.config_set("min-replicas-to-write", "0")


async def test_alive_needs_no_store(app: Quart) -> None:
    given = cast(WebParts, app.extensions["openfloor"])
    away = connect("unix:///nowhere/at/all")
    browser = Browser(create_app(replace(given, store=away)))
    await browser.get("/healthz")
    assert browser.status == 200
    await browser.get("/readyz")
    assert browser.status == 503


async def test_the_journal_of_a_meeting_holds_nobodys_words(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root, old = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    journal.set_up()
    try:
        town = await live_town(store, title="Canary hall")
        joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
        client, path = Client(app, joined.token), f"/meetings/{town.meeting.slug}"

        async def broken(*_: object, **__: object) -> None:
            raise ValueError("Canary text in the message")

        monkeypatch.setattr(submit, "mine", broken)
        monkeypatch.setattr(submit, "withdraw", broken)
        body = {"q": fresh_q(), "text": "Canary text of a question?", "name": "Canary name"}
        assert (await client.send("POST", f"{path}/questions", body))[0] == 201
        status, told = await client.send("GET", f"{path}/mine")
        assert (status, told["error"]["code"]) == (500, "fault")
        reference = (await client.send("POST", f"{path}/questions/{body['q']}/withdraw"))[1]
        structlog.get_logger().warning("odd", text="Canary field", error="Value\nError")
        structlog.get_logger().error("log_halted", meeting=town.meeting.id, reason="Older.")
        try:
            raise RuntimeError("Canary in a library")
        except RuntimeError:
            logging.getLogger("library").exception("failed with %s", "Canary argument")
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**old)
    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    assert events.count("fault") == 2 and "odd" in events and len(lines) == 5
    halted = lines[events.index("log_halted")]
    assert (halted["meeting"], halted["reason"]) == (town.meeting.id, "Older.")
    assert all(set(line) <= journal.FIELDS for line in lines)
    assert "Canary" not in text and "127.0.0.1" not in text
    assert joined.token not in text and town.meeting.code not in text and body["q"] not in text
    assert lines[1]["reference"] in reference["error"]["message"]
    assert "ValueError" in lines[0]["fault"] and "api_asking.py" in lines[0]["fault"]
