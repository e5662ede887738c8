"""A question as the desk sees it: with what waits and what is withheld. For moderators and auditors."""

from __future__ import annotations

from typing import Any

from server.acts.desk import Desk
from server.store.question_rows import Question


def said(question: Question) -> dict[str, Any]:
    """A question's number and its words: the asker's own, and what is shown beside them."""
    return {
        "q": question.q,
        "n": question.number,
        "text": question.text,
        "gone": question.gone,
        "wording": question.wording,
        "lang": question.lang,
        "dir": question.dir,
    }


def row(question: Question, first: str | None = None, people: int = 1) -> dict[str, Any]:
    """One question's whole value for the desk; `asker` and salts never leave the store."""
    return {
        **said(question),
        "name": question.name,
        "state": question.state.value,
        "revision": question.revision,
        "votes": question.votes,
        "askers": question.askers,
        "members": question.members,
        "at": question.received_at,
        "decided_at": question.decided_at,
        "by": question.by,
        "reason": question.reason,
        "note": question.note,
        "withheld": question.withheld,
        "target": question.target,
        "into": question.head_number,
        "appeal": question.appeal.value,
        "appeal_note": question.appeal_note,
        "hint": question.hint,
        "after": question.after,
        "stream_s": question.stream_s,
        "answer": question.answer,
        "first": first or question.q,
        "people": people,
    }


def told(desk: Desk) -> dict[str, Any]:
    """The desk, or what changed on it, as JSON values."""
    return {
        "position": desk.position,
        "whole": desk.whole,
        "questions": [
            row(question, desk.firsts.get(question.q), desk.people.get(question.q, 1))
            for question in desk.questions
        ],
        "counts": desk.counts,
        "line": {
            "revision": desk.line.revision,
            "numbers": [question.number for question in desk.line.questions],
        },
    }


def unchanged(position: str) -> dict[str, Any]:
    """Nothing changed since `position`."""
    return {"position": position, "whole": False, "questions": [], "counts": None, "line": None}
