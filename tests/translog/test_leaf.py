"""Leaves: what becomes one, what is refused, and that the bytes are the only ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.translog import leaf, schema
from server.translog.leaf import LeafError
from server.translog.strict import Json
from tests.translog.building import INTENTS, ROOT, hash_of, made, q_id

KINDS = sorted(schema.ACTS)
ODD: list[Json] = ["", True, -1, "é\u0301", [], {"": 1}, 2**60]


def test_every_act_of_the_contract_becomes_a_leaf_that_reads_back() -> None:
    assert set(INTENTS) == set(schema.ACTS)
    for kind in KINDS:
        found = leaf.parse(made(kind))
        assert found.kind == kind and found.at == 1_790_000_000
        assert found.ref == (3 if schema.has_ref(kind) else None)
        assert set(found.fields) == set(schema.ACTS[kind])


def test_the_contract_page_lists_exactly_these_fields() -> None:
    page = (ROOT / "docs" / "log.md").read_text().partition("### Intents")[0]
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \| ([^|]*) \|", page, re.M)
    told = {kind: re.findall(r"`(\w+)`", cell) for kind, cell in rows}
    assert {kind: list(fields) for kind, fields in schema.ACTS.items()} == told
    stars = {kind: set(re.findall(r"`(\w+)`\\\*", cell)) for kind, cell in rows}
    assert stars == {kind: set(schema.made_by_log(kind)) for kind in schema.ACTS}


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_a_missing_or_an_odd_field_is_named_and_makes_no_leaf(kind: str) -> None:
    ref = 3 if schema.has_ref(kind) else None
    with pytest.raises(LeafError, match="extra is unknown"):
        made(kind, extra=1)
    for name, field in schema.ACTS[kind].items():
        body: dict[str, Json] = {"v": 1, "t": kind, **INTENTS[kind]}
        for odd in ODD:
            with pytest.raises(LeafError):
                leaf.finish({**body, name: odd}, 5, ref)
        body.pop(name, None)
        if not field.null:
            with pytest.raises(LeafError, match=name):
                leaf.finish(body, 5, ref)


def test_what_an_intent_carries_beside_stays_out_of_the_leaf() -> None:
    assert made("q.list", revision=4) == made("q.list")
    assert made("m.phase", meeting="any") == made("m.phase")
    with pytest.raises(LeafError, match="meeting"):
        made("q.list", meeting="any")


def test_the_reference_is_there_exactly_for_acts_on_a_known_question() -> None:
    with pytest.raises(LeafError, match="ref"):
        leaf.finish({"v": 1, "t": "q.list", **INTENTS["q.list"]}, 5, None)
    with pytest.raises(LeafError, match="ref"):
        leaf.finish({"v": 1, "t": "q.received", **INTENTS["q.received"]}, 5, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 4000,
        '{"a":1.5}',
        '{"a":NaN}',
        '{"a":1,"a":1}',
        '{"a":99999999999999999999}',
        '{"a":"\\ud800"}',
        '{"a":"e\\u0301"}',
        '{"a":"' + "x" * 5000 + '"}',
        '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}',
    ],
)
def test_what_is_not_strict_json_is_refused_in_words(text: str) -> None:
    with pytest.raises(LeafError):
        leaf.read_intent(text)
    with pytest.raises(LeafError):
        leaf.parse(text.encode("utf-8", "surrogatepass"))


def test_a_second_spelling_of_a_leaf_is_no_leaf() -> None:
    data = made("q.screen")
    body: dict[str, Any] = json.loads(data)
    for other in (
        data + b" ",
        json.dumps(body).encode(),
        json.dumps(dict(reversed(body.items())), separators=(",", ":")).encode(),
        data.replace(b'"votes":4', b'"votes":4.0'),
        data.replace(b'"v":1', b'"v":true'),
        data.replace(b"off-topic", b"off\\u002dtopic"),
    ):
        with pytest.raises(LeafError):
            leaf.parse(other)


def test_an_id_has_one_spelling() -> None:
    with pytest.raises(LeafError, match="q:"):
        made("q.list", q=q_id(7)[:-1] + "x")


def test_a_leaf_too_large_for_the_contract_is_refused() -> None:
    counts: dict[str, Json] = {
        f"{letter}{'x' * 23}": 2**53 - 1 for letter in "abcdefghijklmnopqrstuvwx"
    }
    with pytest.raises(LeafError, match="1024"):
        made("log.close", counts=counts)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with pytest.raises(LeafError):
        leaf.parse(data)


@given(st.data())
def test_any_changed_byte_of_a_leaf_is_another_leaf_or_none(data: st.DataObject) -> None:
    original = made(data.draw(st.sampled_from(KINDS)))
    at = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[at] ^= data.draw(st.integers(1, 255))
    try:
        found = leaf.parse(bytes(changed))
    except LeafError:
        return
    assert found != leaf.parse(original)


def test_no_text_of_all_opens_a_commitment_without_its_salt() -> None:
    salt, other = bytes(32), bytes([1] * 32)
    opened = leaf.opening("m", q_id(1), "Why?", "en", None)
    assert leaf.commitment(salt, opened) != leaf.commitment(other, opened)
    assert leaf.commitment(salt, opened) not in {hash_of("Why?"), leaf.sha256_hex(opened)}
    with pytest.raises(ValueError, match="32"):
        leaf.commitment(salt[:31], opened)
