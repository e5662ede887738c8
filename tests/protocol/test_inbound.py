"""Messages of a socket: what is understood, and that everything else is refused in words."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.refusals import Refusal, Refused
from server.protocol.inbound import Ask, Inbound, Vote, decode

VOTE = '{"t":"vote","n":1,"on":true,"c":1,"r":0}'
ASK = {"t": "ask", "q": "q" * 22, "text": 'Is "a": b, {"n": 1} text?', "r": 1}
KEYS = st.sampled_from(["t", "n", "on", "c", "r", "q", "text", "ticket", "d", "epoch", "pos", "x"])
TAGS = st.sampled_from(["vote", "ask", "hello", "seen", "passive", "ping", "bye"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | TAGS
MESSAGES = st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3), max_size=6)


def test_a_vote_and_a_question_are_understood() -> None:
    assert decode(VOTE) == Vote(n=1, on=True, c=1, r=0)
    assert decode(json.dumps(ASK)) == Ask(q="q" * 22, text=str(ASK["text"]), r=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '"vote"',
        VOTE[:-1],
        VOTE + VOTE,
        VOTE.replace('"n":1', '"n":1,"n":2'),
        VOTE.replace('"n":1', '"n":1,"\\u006e":2'),
        VOTE.replace('"n":1', '"n":1,"x":2'),
        VOTE.replace('"n":1', '"n":NaN'),
        VOTE.replace('"n":1', '"n":1.5'),
        VOTE.replace('"n":1', '"n":"1"'),
        VOTE.replace('"n":1', '"n":0'),
        VOTE.replace('"n":1', '"n":16777215'),
        VOTE.replace('"n":1', '"n":true'),
        VOTE.replace('"on":true', '"on":1'),
        VOTE.replace('"c":1', '"c":0'),
        VOTE.replace('"c":1', '"c":9007199254740992'),
        VOTE.replace('"r":0', '"r":-1'),
        VOTE.replace("vote", "veto"),
        VOTE.replace("vote", "Vote"),
        '{"t":"ask","q":"short","text":"Is this one?","r":1}',
        '{"t":"ask","q":"' + "q" * 22 + '","text":"\\ud800 is what?","r":1}',
        '{"t":"seen","n":[' + ",".join("1" for _ in range(101)) + "]}",
        '{"t":"hello","ticket":"","d":"TAB","epoch":null,"pos":null}',
        "[" * 10_000,
        '{"t":' * 3_000,
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(text)
    assert refused.value.refusal is Refusal.BAD_INPUT and str(refused.value)


@given(st.text() | MESSAGES.map(json.dumps) | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_message_or_a_refusal(text: str) -> None:
    try:
        assert isinstance(decode(text), get_args(Inbound))
    except Refused as refused:
        assert refused.refusal is Refusal.BAD_INPUT
