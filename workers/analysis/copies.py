"""Copies: questions in the same wording, as groups. Suggested to moderators with a count, never acted on.

MinHash buckets give candidates, rapidfuzz decides, and a question joins a group only when it also
resembles the group's first text: without that guard groups drift (docs/analysis.md).
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from workers.analysis.wording import Signature, normal, signature

BANDS = 32
ROWS = 2
CANDIDATES = 25
KEPT_IN_BUCKET = 40  # newest; bounds the work when thousands send one text
ALIKE = 85.0
_NUMBER = re.compile(r"\d+")
ALIKE_FIRST = 70.0
PART_MIN_CHARS = 30
PART_MIN_SHARE = 0.45
PART_WEIGHT = 0.97


def likeness(a: str, b: str) -> float:
    """0 to 100 for two normalised texts; a text wrapped into a longer one counts nearly whole.

    0 where they name different numbers: the bonus of 2026 is not that of 2027.
    """
    if set(_NUMBER.findall(a)) != set(_NUMBER.findall(b)):
        return 0.0
    whole = fuzz.ratio(a, b)
    short, long = sorted((len(a), len(b)))
    if whole >= ALIKE or short < PART_MIN_CHARS or short < PART_MIN_SHARE * long:
        return whole
    return max(whole, PART_WEIGHT * fuzz.partial_ratio(a, b))


@dataclass(slots=True)
class _Held:
    """One question as the groups know it: normalised text, and its group's first question."""

    q: str
    text: str
    first: str


class CopyGroups:
    """Groups of one meeting, grown in order of arrival. A question is in exactly one group."""

    def __init__(self) -> None:
        self.moved: set[str] = set()
        self._held: dict[str, _Held] = {}
        self._members: defaultdict[str, list[str]] = defaultdict(list)
        self._same: dict[str, str] = {}
        self._buckets: defaultdict[tuple[int, bytes], deque[str]] = defaultdict(
            lambda: deque(maxlen=KEPT_IN_BUCKET)
        )

    def restore(self, q: str, raw: str, first: str, sketch: Signature) -> None:
        """Take in a question that an earlier run has grouped, with the signature that it made."""
        self._keep(_Held(q, normal(raw), first), sketch)

    def add(self, q: str, raw: str) -> Signature:
        """Group one more question; returns its signature. It joins the group that it is most like;
        further ones that it resembles become part of that group where their first texts are alike
        too. `moved` grows by `q` and by all whose group became another."""
        text = normal(raw)
        sketch = signature(text)
        same = self._same.get(text)
        firsts = [self._held[same].first] if same else self._groups_of(text, sketch)
        first = firsts[0] if firsts else q
        for other in firsts[1:]:
            self._unite(first, other)
        self._keep(_Held(q, text, first), sketch)
        self.moved.add(q)
        return sketch

    def first(self, q: str) -> str:
        """The first question of the group that `q` is in; `q` itself where it stands alone."""
        return self._held[q].first

    def group(self, first: str) -> list[str]:
        """All questions of a group, in order of arrival."""
        return list(self._members[first])

    def _groups_of(self, text: str, sketch: Signature) -> list[str]:
        scores: dict[str, float] = {}
        for held in self._candidates(sketch):
            score = likeness(text, held.text)
            if score >= ALIKE and score > scores.get(held.first, 0.0):
                if likeness(text, self._held[held.first].text) >= ALIKE_FIRST:
                    scores[held.first] = score
        return sorted(scores, key=lambda first: -scores[first])

    def _unite(self, first: str, other: str) -> None:
        if likeness(self._held[first].text, self._held[other].text) < ALIKE_FIRST:
            return
        for q in self._members.pop(other):
            self._held[q].first = first
            self._members[first].append(q)
            self.moved.add(q)

    def _candidates(self, sketch: Signature) -> Iterator[_Held]:
        shared: defaultdict[str, int] = defaultdict(int)
        for bucket in _buckets(sketch):
            for q in self._buckets.get(bucket, ()):
                shared[q] += 1
        ranked = sorted(shared, key=lambda q: -shared[q])[:CANDIDATES]
        return (self._held[q] for q in ranked)

    def _keep(self, held: _Held, sketch: Signature) -> None:
        self._held[held.q] = held
        self._members[held.first].append(held.q)
        if held.text in self._same:
            return  # one of each wording is enough to find the group by
        self._same[held.text] = held.q
        for bucket in _buckets(sketch):
            self._buckets[bucket].append(held.q)


def _buckets(sketch: Signature) -> Iterator[tuple[int, bytes]]:
    for band in range(BANDS):
        yield band, sketch[band * ROWS : (band + 1) * ROWS].tobytes()
