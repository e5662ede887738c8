"""Every sentence of the interface by key and language, and refusals in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from server.domain.refusals import Refused, Sentence

FOLDER = Path(__file__).parents[1] / "frontend" / "catalogue"
NAMES = {"en": "English", "de": "Deutsch"}
DEFAULT = "en"
OF_REFUSALS = ("refused.", "away.")


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All sentences of a language by key."""
    entries = json.loads((FOLDER / f"{lang}.json").read_text(encoding="utf-8"))
    return {key: text for key, text in entries.items() if isinstance(text, str)}


@cache
def _keys() -> Mapping[str, str]:
    found = catalogue(DEFAULT).items()
    return {text: key for key, text in found if key.startswith(OF_REFUSALS)}


def key_of(sentence: Sentence) -> str | None:
    """Under which key the catalogue has it, or None."""
    key = sentence.key or _keys().get(sentence.english)
    return key if key in catalogue(DEFAULT) else None


def said(lang: str, sentence: Sentence) -> str:
    """The sentence in `lang`; its own English where the catalogue has none."""
    key = key_of(sentence)
    text = catalogue(lang)[key] if key else sentence.english
    return text.format(**{name: _filled(lang, value) for name, value in sentence.values.items()})


def _filled(lang: str, value: object) -> object:
    return said(lang, value) if isinstance(value, Sentence) else value


def refusal(lang: str, refused: Refused) -> str:
    """What the actor is told, the odd field named first."""
    words = said(lang, refused.sentence)
    return f"{refused.field}: {words}" if refused.field else words
