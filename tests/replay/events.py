"""Events to play: recorded ones where the data folder is there, small made ones everywhere."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.replay.child import ROOT

Row = tuple[str, str, int]  # item, voter, vote
MadeItem = tuple[str, str, str, int]  # id, submitter, text, moderated


def recorded(name: str) -> tuple[Path, Path]:
    """The two files of a recorded event; the test is skipped where they are absent."""
    default = ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("OPENFLOOR_TEST_DATA", default))
    items, votes = folder / f"polis_{name}_items.jsonl", folder / f"polis_{name}_votes.csv"
    if not (items.exists() and votes.exists()):
        pytest.skip(f"no recorded event {name}: set OPENFLOOR_TEST_DATA to the data folder")
    return items, votes


def made(folder: Path, items: Iterable[MadeItem], votes: Iterable[Row]) -> tuple[Path, Path]:
    """Two files in the format of the recorded ones."""
    item_file, vote_file = folder / "items.jsonl", folder / "votes.csv"
    with item_file.open("w", encoding="utf-8") as lines:
        for at, (name, submitter, text, moderated) in enumerate(items):
            row = {"id": name, "submitter": submitter, "ts": at, "text": text, "lang": "en"}
            lines.write(json.dumps({**row, "moderated": moderated}) + "\n")
    with vote_file.open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines)
        out.writerow(["ts_ms", "item_id", "voter", "vote"])
        out.writerows((1000 + at, *row) for at, row in enumerate(votes))
    return item_file, vote_file


def shortened(items: Path, votes: Path, folder: Path, most_items: int, most_votes: int) -> None:
    """The event's first items and the first votes on them, as items.jsonl and votes.csv."""
    kept = items.read_text(encoding="utf-8").splitlines()[:most_items]
    names = {str(json.loads(line)["id"]) for line in kept}
    (folder / "items.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    head, *rows = votes.read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.split(",")[1] in names][:most_votes]
    (folder / "votes.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
