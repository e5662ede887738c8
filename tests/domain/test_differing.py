"""How two texts differ, as a moderator is told before they become one question."""

from __future__ import annotations

import pytest

from server.domain.differing import Run, alike, diff, difference, warnings
from tests.frontend.difference_cases import ALIKE, WARNED


@pytest.mark.parametrize(("a", "b", "kinds"), WARNED)
def test_a_difference_that_may_change_the_meaning_is_named(
    a: str, b: str, kinds: list[str]
) -> None:
    assert list(warnings(a, b, diff(a, b))) == kinds


@pytest.mark.parametrize(("a", "b", "most"), ALIKE)
def test_texts_that_share_most_words_are_alike(a: str, b: str, most: bool) -> None:
    assert alike(a, b, diff(a, b)) is most


def test_the_way_between_two_texts_keeps_what_both_say() -> None:
    told = diff("Is the canteen closing?", "Is the canteen opening again?")
    ways = (Run("same", "Is the canteen"), Run("del", "closing?"), Run("ins", "opening again?"))
    assert told == ways
    assert diff("Is it -5 now", "is it \u22125, now!") == (Run("same", "is it \u22125, now!"),)


def test_texts_of_two_languages_are_warned_of_only_where_they_share_most_words() -> None:
    german, english = "Warum nicht im M\u00e4rz?", "Why in March?"
    assert difference(german, english, same_language=False).kinds == ()
    assert difference("Why in March?", "Why not in March?", same_language=False).kinds
