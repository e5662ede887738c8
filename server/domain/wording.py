"""Which two texts have the same words: what was read in one has been read in the other."""

from __future__ import annotations

import unicodedata

_TELLING = "%‰&@#"  # punctuation by their category, and yet words to a reader


def same_words(text: str) -> str:
    """`text` in NFKC, case-folded, without punctuation, with single blanks; itself where nothing is left.

    Letters, marks, digits and symbols stay, and so does what stands before a digit: 3.5 is not 35.
    frontend/static/js/diff.js has the same form.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    after = [*folded[1:], " "]
    kept = [" " if _blank(at, to) else at for at, to in zip(folded, after, strict=True)]
    return " ".join("".join(kept).split()) or text


def _blank(char: str, following: str) -> bool:
    kind = unicodedata.category(char)
    if kind[0] == "P":
        return char not in _TELLING and unicodedata.category(following) != "Nd"
    return kind[0] == "Z" or kind == "Cc"
