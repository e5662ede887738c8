"""Copies and similar questions: measured against labelled streams, and on texts of our own."""

from __future__ import annotations

import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workers.analysis import similar
from workers.analysis.copies import CopyGroups

ROOT = Path(__file__).parents[2]


def recorded(name: str) -> list[dict[str, Any]]:
    """Rows of a recorded file; the test is skipped where it is absent."""
    folder = Path(os.environ.get("OPENFLOOR_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"no {name}: set OPENFLOOR_TEST_DATA to the data folder")
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def pairs(count: int) -> int:
    return count * (count - 1) // 2


def grouped(rows: Sequence[dict[str, Any]]) -> dict[int, str]:
    groups = CopyGroups()
    for row in rows:
        groups.add(str(row["id"]), row["text"])
    return {row["id"]: groups.first(str(row["id"])) for row in rows}


def judge(rows: Sequence[dict[str, Any]]) -> tuple[float, float, dict[str, float]]:
    """Precision and recall over pairs, and recall for each campaign."""
    first = grouped(rows)
    found = pairs_in(Counter(first.values()))
    truth = Counter(row["campaign"] for row in rows if row["campaign"])
    right: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["campaign"]:
            right[row["campaign"]][first[row["id"]]] += 1
    correct = {name: pairs_in(counts) for name, counts in right.items()}
    recall = {name: correct[name] / pairs(truth[name]) for name in truth}
    return sum(correct.values()) / found, sum(correct.values()) / pairs_in(truth), recall


def pairs_in(counts: Counter[str]) -> int:
    return sum(pairs(count) for count in counts.values())


def test_campaigns_are_found_in_any_order_of_arrival() -> None:
    rows = [row for row in recorded("campaign_stream.jsonl") if row["mode"] != "double"]
    base = judge(rows)
    assert base[0] >= 0.98 and base[1] >= 0.95 and min(base[2].values()) >= 0.90
    for seed in range(5):
        shuffled = random.Random(seed).sample(rows, len(rows))
        precision, recall, _ = judge(shuffled)
        assert abs(precision - base[0]) <= 0.01 and abs(recall - base[1]) <= 0.01


def rank_of(rows: Any, query: int, target: int) -> int:
    """The 1-based place of `target` among all others by likeness to `query`."""
    line = np.asarray((rows[query] @ rows.T).todense()).ravel()
    better = line > line[target]
    better[query] = False
    return int(better.sum()) + 1


def test_the_named_duplicate_stands_high_among_the_similar() -> None:
    asks = recorded("uk_petitions_asks.jsonl")
    out = [row for row in recorded("uk_petitions_rejections.jsonl") if row["duplicate_of"]]
    place = {row["id"]: at for at, row in enumerate(asks)}
    rows = similar.vectors([row["text"] for row in [*asks, *out]])
    found = 0
    for at, row in enumerate(out):
        named = (
            row["duplicate_of"] if isinstance(row["duplicate_of"], list) else [row["duplicate_of"]]
        )
        ranks = [rank_of(rows, len(asks) + at, place[q]) for q in named if q in place]
        found += any(rank <= 10 for rank in ranks)
    assert len(out) == 8 and found >= 6


def test_copies_wrapped_mistyped_and_recased_are_one_group_and_opposites_stay_apart() -> None:
    base = "When will the travel budget be restored to what it was before the spring?"
    texts = {
        "a": base,
        "b": base.upper() + "!!!",
        "c": base.replace("restored", "restord"),
        "d": f"Dear all, many of us ask: {base} Thank you.",
        "e": "How many people work in the new office?",
        "f": "Wann wird das Reisebudget wieder so hoch sein wie vor dem Frühling?",
    }
    groups = CopyGroups()
    for q, text in texts.items():
        groups.add(q, text)
    assert [groups.first(q) for q in "abcdef"] == ["a", "a", "a", "a", "e", "f"]


def test_texts_that_name_different_numbers_are_no_copies() -> None:
    groups = CopyGroups()
    groups.add("a", "Why was the bonus for 2026 cut?")
    groups.add("b", "Why was the bonus for 2027 cut?")
    assert groups.first("b") == "b"


def test_ten_thousand_times_the_same_text_is_one_group() -> None:
    groups = CopyGroups()
    for at in range(10_000):
        groups.add(str(at), "Please bring the company bus back to the north site!")
    assert len(groups.group("0")) == 10_000
