"""The cleaner keeps what people write and drops what deceives; doing it twice changes nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.domain.refusals import Refusal, Refused
from server.domain.text import MAX_BYTES, MAX_MARKS, clean, direction, graphemes, limited

# Letters that compose, marks of several classes, a mark that decomposes into two, joiners, unseen.
NASTY = (
    "eK\u212b\u1112\u1161\u0301\u0327\u0344\u09c7\u09be\u20dd\u0f71 \n\r\t\u2028"
    "\u00a0\u200b\u200c\u200d\u2060\u202e\ufeff\U000e0041"
)
nasty = st.text(alphabet=NASTY, max_size=40)


@given(nasty)
@example("e\u200b\u0301")
@example("e" + "\u0344" * 9)
@example(" \u0301\n \n \n\u200d")
@settings(max_examples=500, deadline=None)
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_any_text_is_cleaned_or_refused_and_stays_cleaned(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once
    once.encode()


@given(nasty)
def test_nothing_unseen_or_turning_is_left(raw: str) -> None:
    left = set(clean(raw))
    assert left.isdisjoint("\u200b\u2060\u202e\ufeff\U000e0041\r\t\u2028")


@given(nasty)
def test_no_base_carries_more_than_the_cap(raw: str) -> None:
    marks = 0
    for char in unicodedata.normalize("NFD", clean(raw)):
        if unicodedata.category(char).startswith("M"):
            marks += 1
        elif char not in "\u200c\u200d":
            marks = 0
        assert marks <= MAX_MARKS


def test_an_accent_split_by_an_unseen_space_composes_at_once() -> None:
    assert clean("e\u200b\u0301") == "\u00e9"


def test_fifty_stacked_marks_become_eight_even_with_joiners_between() -> None:
    assert clean("a" + "\u0335" * 50) == "a" + "\u0335" * 8
    assert clean("a" + "\u0335\u200d" * 50).count("\u0335") == 8


@pytest.mark.parametrize(
    "kept", ["می\u200cخواهم", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "a\n\nb"]
)
def test_what_spelling_and_emoji_need_is_kept(kept: str) -> None:
    assert clean(kept) == kept


def test_lines_are_kept_and_empty_ones_collapse() -> None:
    assert clean("  a \r\n\r\n \r\n\r\nb\rc\td  ") == "a\n\nb\nc d"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        clean("a\ud800b")
    assert refused.value.refusal is Refusal.BAD_TEXT


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("abc", 3), ("e\u0301", 1), ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 1)],
)
def test_a_reader_counts_what_is_seen(text: str, count: int) -> None:
    assert graphemes(text) == count


@pytest.mark.parametrize(
    ("text", "way"), [("12 abc", "ltr"), ("12 שלום", "rtl"), ("مرحبا", "rtl"), ("12!", "auto")]
)
def test_the_first_strong_character_decides_the_direction(text: str, way: str) -> None:
    assert direction(text) == way


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        ("", Refusal.EMPTY),
        (" \u200b\u200d\n", Refusal.EMPTY),
        ("\u3164" * 12, Refusal.EMPTY),
        ("\u115f\u1160\uffa0 \u2800" * 4, Refusal.EMPTY),
        ("Why?", Refusal.TOO_SHORT),
        ("e" + "\u0301" * 30, Refusal.TOO_SHORT),
        ("x" * 21, Refusal.TOO_LONG),
        (" " * (MAX_BYTES + 1), Refusal.TOO_LONG),
    ],
)
def test_the_limits_are_answered_by_name(raw: str, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        limited(raw, 10, 20)
    assert refused.value.refusal is refusal


def test_few_characters_of_many_bytes_are_refused_too() -> None:
    with pytest.raises(Refused) as refused:
        limited(("a" + "\u0335" * 8) * 1000, 1, 2000)
    assert refused.value.refusal is Refusal.TOO_LONG


def test_a_text_within_the_limits_comes_back_clean() -> None:
    assert limited("  Why is\u202e that so? ", 10, 20) == "Why is that so?"
