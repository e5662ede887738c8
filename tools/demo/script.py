"""What the demo plays: an invented company's questions, in five languages, and what becomes of each."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "texts.json"
CAMPAIGN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One question to ask. `subject` names those that ask the same; `screen` is a reason's code."""

    text: str
    lang: str
    subject: str = ""
    screen: str = ""
    note: str = ""
    appeal: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """The whole meeting, in the order of asking; the same on every run."""

    title: str
    languages: tuple[str, ...]
    lines: tuple[Line, ...]


def _copies(text: str, random_: random.Random) -> list[Line]:
    """The campaign: most copies are verbatim, some re-cased or wrapped, as people do."""
    shapes = (
        lambda t: t,
        lambda t: t,
        lambda t: t,
        lambda t: t.upper(),
        lambda t: f"{t} Thank you.",
        lambda t: f"From all of us on the line: {t}",
        lambda t: t.replace("winter", "wintr"),
    )
    return [
        Line(random_.choice(shapes)(text), "en", subject="night shift") for _ in range(CAMPAIGN)
    ]


def read(seed: int = 2026) -> Script:
    """The script, shuffled once by `seed`."""
    told = json.loads(TEXTS.read_text(encoding="utf-8"))
    random_ = random.Random(seed)
    lines = [Line(**row) for row in told["questions"]]
    lines += _copies(told["campaign"], random_)
    random_.shuffle(lines)
    languages = tuple(dict.fromkeys(row["lang"] for row in told["questions"]))
    return Script(told["title"], languages, tuple(lines))
