"""What a recorded event must add up to, worked out from its two files and from nothing else.

Shares no code with the server or the replay: it is the judge of both.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path

SHORTEST, LONGEST = 10, 2000


def visible_length(text: str) -> int:
    """Graphemes, simply: marks and format characters ride on the letter before them."""
    normal = unicodedata.normalize("NFC", text).strip()
    return sum(unicodedata.category(c) not in ("Mn", "Me", "Mc", "Cf", "Cc") for c in normal)


def totals(items: Path, votes: Path) -> dict[str, int]:
    """Votes by item id: the last row of each voter and item, without own and not listed items."""
    owner: dict[str, str] = {}
    listed: set[str] = set()
    for line in items.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        owner[str(row["id"])] = str(row["submitter"])
        if row["moderated"] != -1 and SHORTEST <= visible_length(row["text"]) <= LONGEST:
            listed.add(str(row["id"]))
    stands: dict[tuple[str, str], str] = {}
    with votes.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            stands[row["voter"], row["item_id"]] = row["vote"]
    counted = Counter(
        item
        for (voter, item), vote in stands.items()
        if vote == "1" and item in listed and owner[item] != voter
    )
    return {item: counted[item] for item in listed}


def refusals(items: Path, votes: Path) -> int:
    """How many rows must be refused: on an own item or on one that is not listed."""
    owner: dict[str, str] = {}
    for line in items.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        owner[str(row["id"])] = str(row["submitter"])
    listed = totals(items, votes).keys()
    with votes.open(encoding="utf-8", newline="") as rows:
        return sum(
            row["item_id"] not in listed or owner[row["item_id"]] == row["voter"]
            for row in csv.DictReader(rows)
        )
