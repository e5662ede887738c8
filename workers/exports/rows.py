"""One question as the exports tell it: what everybody may read, in JSON and as a line of CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.acts.record_lines import entry_value, machine_time
from server.domain.meeting import Meeting
from server.domain.public_acts import Entry
from server.domain.public_time import public_at
from server.domain.question import State, text_is_public
from server.store.question_rows import Question

COLUMNS = (
    *("number", "state", "received_at", "text", "gone", "wording", "length", "lang", "asked_by"),
    *("votes", "askers", "merged_into", "decided_at", "decided_by", "reason", "reason_sentence"),
    *("note", "answered_how", "answered_at_s", "answer"),
)
# The acts whose reason, note or answer stands for what the question is now.
SCREENS = ("screened_out", "screened_again")
ANSWERS = ("answered", "corrected")


def question_value(
    meeting: Meeting, question: Question, state: State, public: bool, entries: Sequence[Entry]
) -> dict[str, Any]:
    """The whole question in the state that is published; text, wording and the asker's name are None
    unless they are public by this (`public`) and by the store, which may be ahead of the log."""
    public = public and text_is_public(question.state, question.withheld)
    return {
        "number": question.number,
        "state": state.value,
        "received_at": machine_time(public_at(question.received_at, meeting.live_at)),
        "text": question.text if public and question.gone is None else None,
        "gone": question.gone if public else None,
        "wording": (question.wording or None) if public else None,
        "length": len(question.text) if state is State.SCREENED_OUT else None,
        "lang": question.lang if public else None,
        "asked_by": question.name if public else None,
        "votes": question.votes,
        "askers": question.askers,
        "merged_into": question.head_number if state is State.MERGED else None,
        "history": [entry_value(entry, spoken=True) for entry in entries],
    }


def question_line(value: dict[str, Any]) -> list[object]:
    """The same as one line in the order of COLUMNS: of the history what holds now."""
    acts = value["history"]
    last = acts[-1] if acts else {}
    out = _last(acts, SCREENS) if value["state"] == State.SCREENED_OUT else {}
    given = _last(acts, ANSWERS) if value["state"] == State.ANSWERED else {}
    told = value | {
        "decided_at": last.get("at") if last.get("act") != "received" else None,
        "decided_by": last.get("by") if last.get("act") != "received" else None,
        "reason": out.get("reason"),
        "reason_sentence": out.get("reason_sentence"),
        "note": out.get("note"),
        "answered_how": given.get("how"),
        "answered_at_s": given.get("stream_s"),
        "answer": given.get("note"),
    }
    return [told[name] for name in COLUMNS]


def _last(acts: Sequence[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Any]:
    return next((act for act in reversed(acts) if act["act"] in words), {})
