"""The desk's lists as its page draws them: a queue's rows, members and copies, a run of each at a time.

The script draws the same from the whole desk (frontend/static/js/desk_state.js); without one, links lead
from run to run, so that no flood makes a page that cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from quart import request

from server.acts.desk import Desk
from server.acts.merge_copies import COPIES_MAX, in_words_of
from server.domain.question import State
from server.store.question_rows import Question
from server.web import desk_rows

QUEUES = ("waiting", "listed", "appeals", "screened_out", "answered", "merged")
ROWS = 60
MEMBERS = 50  # as many as the script draws at a time
NAMED = 8  # copies in other words that are told by number
HEADS = (State.RECEIVED, State.LISTED, State.ON_AIR)


@dataclass(frozen=True, slots=True)
class Run:
    """Some of a list of `count`, and where the runs before and after it begin (None at an end)."""

    rows: list[dict[str, Any]]
    count: int
    before: int | None
    after: int | None
    behind: int


@dataclass(frozen=True, slots=True)
class Copies:
    """A run of the waiting copies of a question: `merging` are those in its own words, as the form
    sends them, `same` how many these are; `left` are numbers of others of this run, of which `other`."""

    run: Run
    merging: str
    same: int
    other: int
    left: list[int]


def where() -> dict[str, str]:
    """Which queue the address asks for, in which order and from where on, as an address says it again."""
    name = request.args.get("queue", "")
    kept = {"queue": name if name in QUEUES else QUEUES[0]}
    if kept["queue"] == "waiting" and request.args.get("by") == "askers":
        kept["by"] = "askers"
    if at := _number("from"):
        kept["from"] = str(at)
    return kept


def rows(desk: Desk, at: Mapping[str, str]) -> Run:
    """The queue that the address asks for, from where it does."""
    found = _queue(desk, at["queue"], "by" in at)
    return _run(found, int(at.get("from", 0)), ROWS)


def members(desk: Desk, head: Question | None) -> Run:
    """What is merged into `head`: most votes first, then most askers."""
    found = [q for q in desk.questions if head and head.members and q.head_number == head.number]
    found.sort(key=lambda q: (-q.votes, -q.askers, q.number or 0))
    return _run([desk_rows.row(q) for q in found], _number("members"), MEMBERS)


def copies(desk: Desk, chosen: Question | None) -> Copies:
    """The other waiting ones of the open question's group, oldest first, as many as one act may merge."""
    first = desk.firsts.get(chosen.q, chosen.q) if chosen and chosen.state in HEADS else None
    waiting = [q for q in desk.questions if q.state is State.RECEIVED and q is not chosen]
    found = {q.q: q for q in waiting if desk.firsts.get(q.q, q.q) == first}
    ordered = sorted(found.values(), key=lambda q: q.number or 0)
    run = _run([desk_rows.row(q, first) for q in ordered], _number("copies"), COPIES_MAX)
    for row in run.rows:
        row["differs"] = not (chosen and in_words_of(chosen, found[row["q"]]))
    same = [{"q": row["q"], "revision": row["revision"]} for row in run.rows if not row["differs"]]
    other = [row["n"] for row in run.rows if row["differs"]]
    return Copies(run, msgspec.json.encode(same).decode(), len(same), len(other), other[:NAMED])


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def _run(found: Sequence[dict[str, Any]], at: int, size: int) -> Run:
    """The run that holds place `at`; the last one, where there are fewer by now."""
    start = min(at, max(0, len(found) - 1)) // size * size
    end = min(start + size, len(found))
    return Run(
        rows=list(found[start:end]),
        count=len(found),
        before=start - size if start else None,
        after=end if end < len(found) else None,
        behind=len(found) - end,
    )


def _queue(desk: Desk, name: str, by_askers: bool) -> list[dict[str, Any]]:
    if name == "waiting":
        return _waiting(desk, by_askers)
    if name == "appeals":
        found = [q for q in desk.questions if q.appeal.value == "open"]
    else:
        states = (name, "on_air") if name == "listed" else (name,)
        found = [q for q in desk.questions if q.state.value in states]
    found.sort(key=lambda q: -(q.number or 0))
    if name == "listed":
        found.sort(key=lambda q: (q.state is not State.ON_AIR, -q.votes, q.number or 0))
    return [desk_rows.row(q) for q in found]


def _waiting(desk: Desk, by_askers: bool) -> list[dict[str, Any]]:
    """Copies of one wording are one row: the oldest, with how many wait and how many people ask."""
    groups: dict[str, dict[str, Any]] = {}
    waiting = [q for q in desk.questions if q.state is State.RECEIVED]
    for question in sorted(waiting, key=lambda q: q.number or 0):
        first, people = desk.firsts.get(question.q, question.q), desk.people.get(question.q, 1)
        held = groups.setdefault(first, {**desk_rows.row(question, first), "copies": 0})
        held["copies"] += 1
        held["people"] = max(held["people"], people)
    found = list(groups.values())
    if by_askers:
        found.sort(key=lambda row: (-max(row["askers"], row["people"]), -row["copies"], row["n"]))
    return found
