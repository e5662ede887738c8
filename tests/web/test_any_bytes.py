"""Whatever bytes arrive at a route that takes a body: an answer below 500, always."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from server.domain.roles import Role
from server.web.api import ENDPOINTS
from tests.acts.building import NOW, live_town
from tests.web.browsing import SAME

ANY_BYTES = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NASTY = [
    "",
    "\x00",
    "\ud800",
    "\u202e\u200b",
    "=1+1",
    "<script>alert(1)</script>",
    "a" * 13_000,
    "e" + "\u0301" * 50,
    "9" * 30,
    "-1",
    "²",
    "٣",
    "🏳️‍🌈",
    "\r\nSet-Cookie: a=b",
    "../../etc",
    "2026-02-30T25:61",
    "0001-01-01T00:00",
    "9999-12-31T23:59:59+00:00",
]
TEXTS = st.sampled_from(NASTY) | st.text(max_size=60)
NUMBERS = (
    st.integers() | st.floats() | st.sampled_from([0, 1, -1, 2**24, 2**53, 2**63, 2**64, 1e308])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ASKED = (
    *(
        "after",
        "all",
        "asked",
        "at",
        "before",
        "by",
        "copies",
        "d",
        "epoch",
        "from",
        "lang",
        "members",
        "n",
    ),
    *("order", "overlay", "pos", "queue", "reason", "search", "seed", "wait", "witnessed"),
)
ENDLESS = ("api.events",)  # goes on until its reader leaves
NAMES = sorted(
    {field for known in ENDPOINTS if known.body for field in known.body.__struct_fields__}
)
PLAUSIBLE = st.sampled_from([1, True, "1", "on", "en", "live", "unclear", "q" * 22, "A question?"])
FIELDS = st.lists(VALUES | TEXTS | PLAUSIBLE, min_size=1, max_size=8)
FORM_NAMES = sorted({*NAMES, "csrf", "code", "order", "back", "count", "switch", "name"})
FORMS = st.dictionaries(st.sampled_from(FORM_NAMES), TEXTS, max_size=6)


async def _people(store: Redis) -> tuple[str, list[str]]:
    """A meeting's slug, and tokens that together may do everything in it."""
    town = await live_town(store)
    await town.listed()
    tokens = [(await admission.join(store, town.meeting, town.meeting.code, NOW)).token]
    for role in (Role.MODERATOR, Role.ORGANISER):
        link = await staff.invite(store, town.meeting, role, NOW)
        tokens.append((await staff.redeem_invitation(store, town.meeting, link, NOW)).token)
    organiser = await staff.redeem_organiser_link(store, await staff.new_organiser_link(store), NOW)
    return town.meeting.slug, [*tokens, organiser]


async def _held(store: Redis, app: Quart) -> dict[str, Any]:
    """The people of this run, made once."""
    held: dict[str, Any] = app.extensions.setdefault("people", {})
    if not held:
        held["slug"], held["tokens"] = await _people(store)
    return held


def _address(rule: str, slug: str, odd: str) -> str:
    return re.sub(r"<(?:(\w+):)?(\w+)>", lambda at: slug if at[2] == "slug" else odd, rule)


@ANY_BYTES
@given(
    at=st.integers(0, 999),
    values=FIELDS,
    raw=st.none() | st.binary(max_size=200),
    odd=st.sampled_from(["x" * 22, "%00", "1", "..", "%ff"]),
)
@example(at=0, values=[], raw=b"[" * 9000, odd="1")
@example(at=1, values=[], raw=b'{"title":"\\ud800"}', odd="1")
async def test_any_bytes_to_the_api(
    store: Redis, app: Quart, at: int, values: list[Any], raw: bytes | None, odd: str
) -> None:
    held = await _held(store, app)
    writes = [known for known in ENDPOINTS if known.method != "GET"]
    known, body, told = writes[at % len(writes)], raw, dict[str, Any]()
    if body is None:
        fields = (known.body.__struct_fields__ if known.body else ()) or ("unheard",)
        told = {fields[(at + i) % len(fields)]: value for i, value in enumerate(values)}
        if known.method == "PATCH":
            told["revision"] = 1
        if known.name == "create_meeting":
            told.setdefault("title", "A meeting")
        body = json.dumps(told).encode()
    for token in held["tokens"]:
        client: Any = app.test_client()
        response = await client.open(
            "/api/v1" + _address(known.path, held["slug"], odd),
            method=known.method,
            headers={
                **SAME,
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            },
            data=body,
        )
        assert response.status_code < 500, (known.name, await response.get_data())
        if response.status_code == 201 and known.name == "create_meeting":
            slug = (await response.get_json())["slug"]
            for page in ("", "/join", "/screened-out"):
                seen = await app.test_client().get(f"/m/{slug}{page}", headers=SAME)
                assert seen.status_code < 500, (page, told)


@ANY_BYTES
@given(
    at=st.integers(0, 999),
    form=FORMS,
    raw=st.none() | st.binary(max_size=200),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-16",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain",
            "",
        ]
    ),
)
async def test_any_bytes_to_the_forms(
    store: Redis, app: Quart, at: int, form: dict[str, str], raw: bytes | None, kind: str
) -> None:
    held = await _held(store, app)
    rules = sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("api.")
        ),
        key=lambda rule: rule.endpoint,
    )
    rule = rules[at % len(rules)]
    client = app.test_client()
    page = await (await client.get("/", headers=SAME)).get_data(as_text=True)
    csrf = re.search(r'name="csrf" value="(\w+)"', page)
    assert csrf is not None
    data = raw
    if data is None:
        data = urlencode({**form, "csrf": csrf[1]}, errors="surrogatepass").encode()
    for token in held["tokens"]:
        headers = {**SAME, "Authorization": f"Bearer {token}", "Content-Type": kind}
        response = await client.post(
            _address(rule.rule, held["slug"], "x"), headers=headers, data=data
        )
        assert response.status_code < 500, (rule.endpoint, await response.get_data())


@ANY_BYTES
@given(
    at=st.integers(0, 999),
    query=st.dictionaries(st.sampled_from(ASKED), TEXTS | PLAUSIBLE, max_size=6),
    odd=st.sampled_from(["1", "x", "%00", "9" * 30, "checkpoint"]),
)
@example(
    at=0, query={"order": "\ud800", "search": "\x00", "by": "nobody", "reason": "\ud800"}, odd="1"
)
@example(
    at=0, query={"from": "9" * 30, "n": "9" * 30, "at": "-1", "pos": "²", "wait": "²"}, odd="x"
)
async def test_any_question_mark(
    store: Redis, app: Quart, at: int, query: dict[str, object], odd: str
) -> None:
    held = await _held(store, app)
    rules = sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in ENDLESS
        ),
        key=lambda rule: rule.endpoint,
    )
    every = rules if at == 0 else [rules[at % len(rules)]]
    for rule, token in ((rule, token) for rule in every for token in (*held["tokens"], "")):
        path = _address(rule.rule, held["slug"], odd)
        headers = {**SAME, **({"Authorization": f"Bearer {token}"} if token else {})}
        address = f"{path}?{urlencode(query, errors='surrogatepass')}"
        response = await app.test_client().get(address, headers=headers)
        assert response.status_code < 500, (address, await response.get_data())
