"""The API's description as OpenAPI 3.1, made from the contracts that the routes declare."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

import msgspec
from quart import Response

from server.domain.refusals import Refusal
from server.domain.roles import MAY, Role
from server.protocol.answers import http_status
from server.protocol.permissions import ROUTES
from server.web.api import ENDPOINTS, Endpoint, api
from server.web.api_answers import ErrorAnswer

REF = "#/components/schemas/{name}"


@api.get("/openapi.json")
async def openapi_document() -> Response:
    """The API's own description."""
    return Response(_encoded(), mimetype="application/json")


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The whole document."""
    types: dict[str, type[msgspec.Struct]] = {"ErrorAnswer": ErrorAnswer}
    for known in ENDPOINTS:
        types.update({kind.__name__: kind for kind in (known.body, known.answer) if kind})
    ordered = [kind for _, kind in sorted(types.items())]
    _, components = msgspec.json.schema_components(ordered, ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for known in ENDPOINTS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", known.path)
        paths.setdefault(path, {})[known.method.lower()] = _operation(known)
    told = {"operationId": "openapi_document", "summary": "The API's own description."}
    content = {"application/json": {"schema": {"type": "object"}}}
    told["responses"] = {"200": {"description": "This document.", "content": content}}  # type: ignore[assignment]
    paths["/openapi.json"] = {"get": told}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Openfloor",
            "version": "1",
            "description": "Questions and votes of a meeting. Refusals are told in docs/errors.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "of_a_MEETING"},
            },
        },
    }


def _operation(known: Endpoint) -> dict[str, Any]:
    act = ROUTES[f"api.{known.name}"]
    roles = [role.value for role in Role if act in MAY[role]]
    told: dict[str, Any] = {
        "operationId": known.name,
        "summary": known.summary,
        "description": f"Act `{act}`: {', '.join(roles)}.",
        "security": [{}] if act in MAY[Role.READER] else [{"bearer": []}, {"cookie": []}],
        "responses": {**_answers(known), **_refusals(known)},
    }
    parameters = [
        _in_path(kind, name) for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", known.path)
    ]
    parameters += [_in_query(name) for name in known.query]
    if parameters:
        told["parameters"] = parameters
    if known.body is not None:
        told["requestBody"] = {"required": True, "content": _json(known.body)}
    return told


def _json(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(name=kind.__name__)}}}


def _in_path(kind: str, name: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _answers(known: Endpoint) -> dict[str, Any]:
    if known.stream:
        events = {"text/event-stream": {"schema": {"type": "string"}}}
        return {"200": {"description": "Events until one side ends.", "content": events}}
    if known.answer is None:
        return {str(status): {"description": "Done."} for status in known.statuses}
    words = (known.answer.__doc__ or "").strip()
    content = _json(known.answer)
    return {str(status): {"description": words, "content": content} for status in known.statuses}


def _refusals(known: Endpoint) -> dict[str, Any]:
    by_status: defaultdict[int, list[Refusal]] = defaultdict(list)
    for refusal in sorted(known.all_refusals()):
        by_status[http_status(refusal)].append(refusal)
    return {
        str(status): {
            "description": "Refused: " + ", ".join(f"`{refusal}`" for refusal in refusals) + ".",
            "content": _json(ErrorAnswer),
        }
        for status, refusals in sorted(by_status.items())
    }
