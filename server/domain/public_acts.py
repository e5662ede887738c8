"""A question's public acts: which word tells each step, and which of its words everybody may read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from server.domain import rules
from server.domain.erasing import Basis
from server.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class Entry:
    """One public act, `at` in epoch ms. `text` is its note, wording, answer or appeal; `other` the number
    of the question that it names; `passed` are the numbers that a pick passed over, with the stage's
    reason or ''; `rules` counts the meeting's settings up to it."""

    act: str
    at: int
    by: str
    rules: int
    reason: str | None = None
    sentence: str = ""
    withheld: bool = False
    text: str = ""
    votes: int | None = None
    other: int | None = None
    rank: int | None = None
    how: str = ""
    stream_s: int | None = None
    passed: tuple[tuple[int, str], ...] = ()


# The word for an act that always means the same; the others depend on what came before.
_WORDS = MappingProxyType(
    {
        "q.received": "received",
        "q.hint": "sent_back",
        "q.lapse": "lapsed",
        "q.pick": "picked",
        "q.return": "returned",
        "q.skip": "skipped",
        "q.withdraw": "withdrawn",
        "q.appeal": "appealed",
        "q.erase": "erased",
        "q.word": "worded",
    }
)
# After which act the same step is another one: a reversal, a correction.
_AGAIN = MappingProxyType(
    {
        ("q.list", "q.screen"): "reversed",
        ("q.list", "q.judge"): "reversed",
        ("q.list", "q.answer"): "reopened",
        ("q.answer", "q.answer"): "corrected",
        ("q.screen", "q.screen"): "screened_again",
        ("q.screen", "q.judge"): "screened_again",
    }
)
_FIRST = MappingProxyType({"q.list": "listed", "q.answer": "answered", "q.screen": "screened_out"})
_SAYS = MappingProxyType({"q.screen": "note", "q.word": "c2", "q.answer": "c2", "q.appeal": "note"})
# A note is the moderator's own public word; the others may repeat what is withheld.
ALWAYS_SAID = "q.screen"
# Which acts change what the next one means.
TURNS = frozenset({"q.list", "q.screen", "q.judge", "q.answer", "q.split"})


def word(kind: str, fields: Mapping[str, object], before: str, own: bool) -> str | None:
    """The word for an act of this kind after one of kind `before`; `own` is False in the history of a
    head whose member was merged or split. None for an act that no history tells."""
    match kind:
        case "q.merge":
            return "merged" if own else "joined"
        case "q.split":
            return "split" if own else "left"
        case "q.judge" | "q.end":
            return str(fields["d"])
        case "q.propose":
            return f"proposed_{fields['act']}"
        case "q.list" | "q.answer" | "q.screen":
            return _AGAIN.get((kind, before), _FIRST[kind])
    return _WORDS.get(kind)


def doer(kind: str, fields: Mapping[str, object]) -> str:
    """Who did an act: whom it names; else the rule of closing, an organiser who erased on a legal ground,
    or the asker. '' for a lapse, which nobody does."""
    if kind == "q.lapse":
        return ""
    if kind == "q.end":
        return rules.name(Rule.CLOSING)
    if kind == "q.erase" and fields["basis"] != Basis.AUTHOR:
        return "organiser"
    return str(fields.get("by") or "asker")


def said(kind: str, fields: Mapping[str, object], public: bool) -> str | None:
    """The commitment to the words of an act that everybody may read; `public` is the question's text."""
    field = _SAYS.get(kind)
    if field is None or not (public or kind == ALWAYS_SAID):
        return None
    found = fields.get(field)
    return found if isinstance(found, str) else None
