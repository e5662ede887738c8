"""Pairs of texts with what the desk says before it merges: which words differ, and what these are about."""

from __future__ import annotations

import random
from typing import Any

from server.domain import differing
from server.domain.wording import same_words
from tests.frontend.running import Case

WORDINGS = (
    "  Is the CANTEEN\n closing?! ", "Is it -5 or 3.5 %, at a@b & #7?", "???",
    "\u201eWarum\u201c \u2013 nicht\u2026",
    "\u0915\u093f \u0915\u0940", "Caf\u00e9\u00a0\u2014 cafe\u0301", "\U0001f44d or \U0001f44e",
)  # fmt: skip
MANY = " ".join(f"word{n}" for n in range(900))
WARNED: tuple[tuple[str, str, list[str]], ...] = (
    ("Keep the hybrid policy, please.", "Do not keep the hybrid policy, please.", ["negation"]),
    ("Bleibt die Kantine offen?", "Bleibt die Kantine nicht offen?", ["negation"]),
    ("Why do we pay for lunch?", "Why don\u2019t we pay for lunch?", ["negation"]),
    ("Est-il possible ?", "Il n\u2019est possible ?", ["negation"]),
    (MANY, f"{MANY} not", ["negation"]),
    ("Will bonuses be paid in 2026?", "Will bonuses be paid in 2027?", ["number"]),
    ("Is a bonus of 1.5 % fair?", "Is a bonus of 15 % fair?", ["number"]),
    ("It was 5 degrees in hall 4.", "It was \u22125 degrees in hall 4.", ["number"]),
    ("Is it 5 % more?", "Is it 5 \u20ac more?", ["number"]),
    ("Do we get two weeks?", "Do we get three weeks?", ["number"]),
    ("Does it end in March for us?", "Does it end in April for us?", ["date"]),
    ("Why no shifts on Mondays?", "Why no shifts on Fridays?", ["date"]),
    ("Does it end in May?", "Does it end in June?", ["date"]),
    ("Why was the Berlin office closed?", "Why was the Dublin office closed?", ["name"]),
    ("Why did (Anna) go?", "Why did (Bert) go?", ["name"]),
    ("Berlin stays open. Why?", "Dublin stays open. Why?", ["name"]),
    ("May we leave on 4 May?", "Will Anna leave on 5 May?", ["number", "date", "name"]),
    ("Is the canteen closing?", "Is the canteen closing soon?", []),
    ("Is the canteen closing?", "Hello! Is the canteen closing?", []),
    ("Why is it closed?", "When is it closed?", []),
    ("Who made the decision on money?", "Who made the choice on cash?", []),
)  # fmt: skip
ALIKE = (
    ("Is the canteen closing?", "Is the canteen not closing?", True),
    ("Is the canteen closing?", "Schlie\u00dft die Kantine?", False),
)


VOCABULARY = (
    "Keep not the The 1.5 15 -5 5, 5% March. Berlin WE don\u2019t don't (Anna) caf\u00e9".split()
)
WORDS = {kind: sorted(words) for kind, words in differing.TELLING.items()}


def _compared(a: str, b: str) -> list[tuple[Case, Any]]:
    """What the script says of two texts, held against the server's answer."""
    runs = differing.diff(a, b)
    warned = differing.warnings(a, b, runs)
    return [
        (("diff", {"a": a, "b": b}), [[run.kind, run.words] for run in runs]),
        (("alike", {"a": a, "b": b}), differing.alike(a, b, runs)),
        (("warnings", {"pairs": [[a, b]], "words": WORDS}), [list(warned)]),
    ]


def _shuffled(dice: random.Random) -> str:
    return " ".join(dice.choices(VOCABULARY, k=dice.randint(1, 9)))


def difference_cases() -> list[tuple[Case, Any]]:
    dice = random.Random(20261130)
    pairs = [(_shuffled(dice), _shuffled(dice)) for _ in range(60)]
    pairs += [(a, b) for a, b, _ in WARNED] + [(a, b) for a, b, _ in ALIKE]
    return [
        *(case for a, b in pairs for case in _compared(a, b)),
        *((("sameWords", {"text": text}), same_words(text)) for text in WORDINGS),
    ]
