"""A recorded event as two files: who asked what, who voted how, and what that should add up to.

The same attendee may ask and vote. In the votes file 1 is a vote, 0 and -1 take it back, and the
last row in file order stands.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


class BadRecording(Exception):
    """A file is not what the format says; the sentence names the file and the line."""


@dataclass(frozen=True, slots=True)
class Item:
    """A recorded question. `listed` is the moderators' recorded decision, once it was asked."""

    id: str
    submitter: str
    at_ms: float
    text: str
    lang: str
    listed: bool


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One row of the votes file: an absolute wish, on or off."""

    at_ms: float
    item: str
    voter: str
    on: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that is played. Items by id, in file order; rows by voter, in file order."""

    items: dict[str, Item]
    rows: dict[str, list[VoteRow]]

    def people(self) -> list[str]:
        """Everybody who asks or votes, each once."""
        submitters = (item.submitter for item in self.items.values())
        return list(dict.fromkeys([*submitters, *self.rows]))

    def votes(self) -> int:
        """How many rows the votes file has."""
        return sum(len(rows) for rows in self.rows.values())

    def first_ms(self) -> float:
        """The time of the earliest row or item; 0 for an empty event."""
        times = [item.at_ms for item in self.items.values()]
        return min([*times, *(rows[0].at_ms for rows in self.rows.values())], default=0.0)

    def expected(self, refused: Collection[str]) -> dict[str, int]:
        """Votes of each listed item, given the ids of the items whose text was refused."""
        totals = {i.id: 0 for i in self.items.values() if i.listed and i.id not in refused}
        for voter, rows in self.rows.items():
            last = {row.item: row.on for row in rows}
            for item, on in last.items():
                if on and item in totals and self.items[item].submitter != voter:
                    totals[item] += 1
        return totals


def _item(line: str) -> Item:
    row = json.loads(line)
    return Item(
        id=str(row["id"]),
        submitter=str(row["submitter"]),
        at_ms=float(row["ts"]),
        text=str(row["text"]),
        lang=str(row.get("lang") or "und"),
        listed=int(row["moderated"]) >= 0,
    )


def _items(path: Path) -> dict[str, Item]:
    items: dict[str, Item] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = _item(line)
            except (ValueError, KeyError, TypeError) as error:
                raise BadRecording(f"{path.name}, line {number}: no item ({error!r}).") from None
            if item.id in items:
                raise BadRecording(f"{path.name}, line {number}: item {item.id} stands twice.")
            items[item.id] = item
    return items


def _rows(path: Path, items: dict[str, Item]) -> dict[str, list[VoteRow]]:
    rows: dict[str, list[VoteRow]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            try:
                wish = int(row["vote"])
                vote = VoteRow(float(row["ts_ms"]), row["item_id"], row["voter"], wish == 1)
            except (ValueError, KeyError, TypeError) as error:
                raise BadRecording(f"{path.name}, line {number}: no vote ({error!r}).") from None
            if vote.item not in items:
                raise BadRecording(f"{path.name}, line {number}: there is no item {vote.item}.")
            rows[vote.voter].append(vote)
    return dict(rows)


def read(items: Path, votes: Path) -> Recording:
    """The event in two files. Raises BadRecording, or OSError when a file cannot be read."""
    known = _items(items)
    return Recording(known, _rows(votes, known))
