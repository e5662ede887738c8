"""Texts beside a question (notes, wordings, written answers, hints): committed to, never in the log."""

from __future__ import annotations

from enum import StrEnum

from server.translog import leaf


class Layer(StrEnum):
    """Log format: add, never rename."""

    NOTE = "note"
    HINT = "hint"
    WORDING = "wording"
    ANSWER = "answer"
    APPEAL = "appeal"


def opening(meeting: str, q: str, layer: Layer, text: str) -> bytes:
    """The bytes that a layer's commitment stands for; bound to meeting, question and kind."""
    return leaf.canonical({"kind": layer.value, "meeting": meeting, "q": q, "text": text, "v": 1})
