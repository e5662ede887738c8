"""Whatever accent an organiser picks, links stay readable on paper, in light and dark."""

from __future__ import annotations

import re

from tests.frontend.fixtures import FRONTEND
from tests.frontend.running import Case, in_chromium

ACCENTS = ("#0b6e69", "#f2c14e", "#ffffff", "#000000", "#ff00aa", "#808080")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _schemes() -> list[tuple[str, str]]:
    """Ink and paper of each scheme, from the style sheet."""
    css = (FRONTEND / "static" / "css" / "app.css").read_text()
    return [(ink, paper) for paper, ink in re.findall(r"--paper: (#\w+); --ink: (#\w+);", css)]


async def test_every_accent_gives_links_of_seven_to_one_and_words_that_read_on_it() -> None:
    schemes = _schemes()
    assert len(schemes) == 2
    cases: list[Case] = [
        ("readable", {"colour": accent, "ink": ink, "paper": paper})
        for accent in ACCENTS
        for ink, paper in schemes
    ]
    for (_, given), answer in zip(cases, await in_chromium(cases), strict=True):
        assert contrast(answer["found"], given["paper"]) >= 7, given
        assert abs(contrast(answer["found"], given["paper"]) - answer["contrast"]) < 0.01
        assert contrast(answer["on"], given["colour"]) >= 4.5, given


def test_the_script_knows_the_ink_and_paper_of_the_style_sheet() -> None:
    script = (FRONTEND / "static" / "js" / "page.js").read_text()
    told = re.findall(r'= \["(#\w+)", "(#\w+)"\];', script)
    assert told == _schemes()
