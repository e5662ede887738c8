"""Texts in runs of words and links, for the templates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

LINK = re.compile(r"https://[^\s<>\"'\\^`{|}]{1,500}")
TRAILING = ".,;:!?)]…\u201d\u2019"


def pieces(text: str) -> list[dict[str, str]]:
    """A text in runs of words and https addresses: templates make links of the latter, escaped.

    Only what parses as https with a plain host becomes a link; anything else stays words.
    """
    found, at = [], 0
    for match in LINK.finditer(text):
        address = match[0].rstrip(TRAILING)
        try:
            split = urlsplit(address)
        except ValueError:
            continue
        if not split.hostname or split.username is not None:
            continue
        found += [{"text": text[at : match.start()], "href": ""}]
        found += [{"text": address, "href": address}]
        at = match.start() + len(address)
    return [piece for piece in [*found, {"text": text[at:], "href": ""}] if piece["text"]]


def runs(numbers: Sequence[int]) -> str:
    """Ascending numbers in short: 1–3, 7."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in found)
