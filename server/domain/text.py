"""One form for every text that a person types: the same bytes for the page, the store and the log.

`clean` runs in a fixed order (drop, cap marks, NFC last) and is idempotent. Dropping after NFC
would not be: e + ZWSP + U+0301 would compose only on the second run, and commitments are made of
the bytes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import grapheme

from server.domain.refusals import Refusal, Refused

MAX_BYTES = 12 * 1024
MAX_MARKS = 8  # Vietnamese, Hebrew and Tibetan stay below; beyond lies text that spills over others
JOINERS = "\u200c\u200d"  # Persian and Indic spelling, emoji families: kept, but they start no base

_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINE = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls; newlines and tabs are turned before
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions: marks, embeddings, isolates
    "\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"  # unseen: ZWSP, WJ, operators, BOM
    "\U000e0000-\U000e007f]"  # tags
)
# Letters and a symbol by their category, and blank all the same: Hangul fillers, the empty braille cell.
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"
_LINE_END = re.compile(r"[^\S\n]+\n")
_BLANK_LINES = re.compile(r"\n{3,}")


def _cap_marks(decomposed: str) -> str:
    """At most MAX_MARKS marks for each base. Counted decomposed: U+0344 is two marks, not one."""
    kept: list[str] = []
    marks = 0
    for char in decomposed:
        if unicodedata.category(char).startswith("M"):
            marks += 1
            if marks > MAX_MARKS:
                continue
        elif char not in JOINERS:
            marks = 0
        kept.append(char)
    return "".join(kept)


def clean(raw: str) -> str:
    """`raw` without what cannot be seen or breaks lines, in NFC, stripped. Idempotent.

    Keeps ZWJ and ZWNJ. Refused BAD_TEXT for a lone surrogate: it has no UTF-8.
    """
    if _SURROGATE.search(raw):
        raise Refused(Refusal.BAD_TEXT, "This text holds a broken character. Please type it again.")
    text = _NEWLINE.sub("\n", raw).replace("\t", " ")
    text = _cap_marks(unicodedata.normalize("NFD", _DROPPED.sub("", text)))
    text = unicodedata.normalize("NFC", text)
    return _BLANK_LINES.sub("\n\n", _LINE_END.sub("\n", text)).strip()


def graphemes(text: str) -> int:
    """How many characters a reader sees: a family emoji or a letter with its marks is one."""
    return int(grapheme.length(text))


def direction(text: str) -> Literal["ltr", "rtl", "auto"]:
    """The way the first strong character runs; auto where there is none (digits, emoji)."""
    for char in text:
        match unicodedata.bidirectional(char):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "auto"


def _seen(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "CZM" and char not in _BLANK for char in text)


def limited(raw: str, min_chars: int, max_chars: int) -> str:
    """The cleaned text; refused EMPTY, TOO_SHORT or TOO_LONG, in graphemes and bytes, in words."""
    if len(raw) > MAX_BYTES:  # before the cleaner: its work grows with what is sent
        raise Refused(Refusal.TOO_LONG, "Please shorten it to {high} characters.", high=max_chars)
    text = clean(raw)
    if not _seen(text):
        raise Refused(Refusal.EMPTY, "Please write something first.")
    length = graphemes(text)
    if length < min_chars:
        raise Refused(
            Refusal.TOO_SHORT,
            "Please write at least {low} characters; this has {length}.",
            low=min_chars,
            length=length,
        )
    if length > max_chars:
        raise Refused(
            Refusal.TOO_LONG,
            "Please shorten it to {high} characters; this has {length}.",
            high=max_chars,
            length=length,
        )
    if len(text.encode()) > MAX_BYTES:
        raise Refused(Refusal.TOO_LONG, "This text needs more than {high} bytes.", high=MAX_BYTES)
    return text
