"""The API's description says what the routes do, and the routes do what it says."""

from __future__ import annotations

import re
from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.domain.meeting_fields import READ, TIMES
from server.protocol.answers import http_status
from server.web.api import ENDPOINTS
from server.web.api_bodies import MeetingSettings
from server.web.openapi import document
from tests.web.browsing import Client

METHODS = {"get", "post", "put", "patch", "delete"}


def described() -> set[tuple[str, str]]:
    return {(verb.upper(), path) for path, verbs in document()["paths"].items() for verb in verbs}


async def test_it_has_exactly_the_routes_that_the_server_has(app: Quart) -> None:
    served = {
        (verb, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == described()


async def test_it_is_served_and_is_what_the_code_makes(store: Redis, app: Quart) -> None:
    status, told = await Client(app).send("GET", "/openapi.json")
    assert status == 200 and told == document()


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for part in value.values() for ref in references(part)]
    if isinstance(value, list):
        return [ref for part in value for ref in references(part)]
    return []


def test_every_part_of_it_is_in_its_place() -> None:
    told = document()
    assert told["openapi"].startswith("3.1") and {"title", "version"} <= set(told["info"])
    schemas = told["components"]["schemas"]
    for reference in references(told):
        assert reference.removeprefix("#/components/schemas/") in schemas
    seen: set[str] = set()
    for path, verbs in told["paths"].items():
        assert path.startswith("/") and set(verbs) <= METHODS
        for operation in verbs.values():
            assert operation["operationId"] not in seen and operation["summary"]
            seen.add(operation["operationId"])
            in_path = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            for status, answer in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status) and answer["description"]


def test_each_body_field_and_each_refusal_stands_there() -> None:
    told: dict[str, Any] = document()
    for known in ENDPOINTS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", known.path)
        operation = told["paths"][path][known.method.lower()]
        statuses = {str(http_status(refusal)) for refusal in known.all_refusals()}
        assert set(operation["responses"]) == statuses | {str(code) for code in known.statuses}
        assert (known.body is not None) == ("requestBody" in operation)
        if known.body is not None:
            schema = told["components"]["schemas"][known.body.__name__]
            assert set(schema.get("properties", ())) == set(known.body.__struct_fields__)
            assert schema["additionalProperties"] is False


def test_a_meeting_takes_by_api_what_the_domain_reads() -> None:
    assert set(MeetingSettings.__struct_fields__) == {*READ, *TIMES, "phase"}
