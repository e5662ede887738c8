"""The one JSON loader: every nasty body gets a typed no, never a crash."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.refusals import Refusal, Refused
from server.protocol.answers import HTTP_STATUS
from server.protocol.inbound import decode
from server.protocol.strict_json import loads


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'"\\ud800"',
        b'"\\u0000"',
        b"[" * 17 + b"]" * 17,
        b"[" * 8000,
        b"9" * 5000,
    ],
)
def test_a_nasty_body_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        loads(raw)
    assert refused.value.refusal is Refusal.BAD_INPUT


def test_a_large_body_is_refused_as_too_large() -> None:
    with pytest.raises(Refused) as refused:
        loads(b'"' + b"a" * 20_000 + b'"')
    assert refused.value.refusal is Refusal.TOO_LARGE


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('ab{}[]"\\'), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(json_values)
def test_honest_json_comes_through_unchanged(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        loads(raw)
    except Refused:
        pass


@given(st.text(max_size=200))
def test_any_frame_text_gives_a_message_or_a_refusal(text: str) -> None:
    try:
        decode(text)
    except Refused as refused:
        assert refused.refusal is Refusal.BAD_INPUT


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"vote","n":1,"on":true,"c":1,"r":1,"extra":1}',
        '{"t":"vote","n":0,"on":true,"c":1,"r":1}',
        '{"t":"vote","n":1,"on":1,"c":1,"r":1}',
        '{"t":"vote","n":4294967296,"on":true,"c":1,"r":1}',
        '{"t":"unheard"}',
        "[]",
    ],
)
def test_an_odd_message_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        decode(text)


def test_every_refusal_has_a_status() -> None:
    assert set(HTTP_STATUS) == set(Refusal)
