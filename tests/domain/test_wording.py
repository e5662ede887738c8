"""What counts as the same words: case, punctuation and blanks never tell texts apart, all else does."""

from __future__ import annotations

import pytest

from server.domain.wording import same_words


@pytest.mark.parametrize(
    "one, other",
    [
        ("Is the canteen closing?", "  is the CANTEEN\n closing!! "),
        ("Caf\u00e9 \u2013 or not?", "cafe\u0301, or not"),
        ("Wei\u00df sie es?", "WEISS SIE ES"),
    ],
)
def test_case_punctuation_and_blanks_make_no_difference(one: str, other: str) -> None:
    assert same_words(one) == same_words(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Is the canteen closing?", "Is the canteen closing? Ms Example is a thief."),
        ("Is it 3.5?", "Is it 35?"),
        ("Is it 5 %?", "Is it 5?"),
        ("Minus -5", "Minus 5"),
        ("\u0915\u093f", "\u0915\u0940"),
        ("\U0001f44d", "\U0001f44e"),
        ("???", "!!!"),
        ("therapist", "the rapist"),
    ],
)
def test_words_marks_numbers_and_symbols_do(one: str, other: str) -> None:
    assert same_words(one) != same_words(other)
