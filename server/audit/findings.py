"""What an audit found: by check, how grave, in a sentence for somebody who never heard of hashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

CHECKS = MappingProxyType(
    {
        "A1": "The record is signed by the key that you trust",
        "A2": "It still contains everything that was signed before",
        "A3": "Every entry was read and fits the signature",
        "A4": "Every entry has its one form and a possible time",
        "A5": "Every decision was allowed by the rules of a question's life",
        "A6": "No question waits without a decision",
        "A7": "The published states are those that the entries give",
        "A8": "The published texts are those that were received",
        "A9": "Tallies and rankings are those that were frozen",
        "A10": "Your receipts are in the record",
    }
)
Found = TypeVar("Found")
LIMITS = (
    "That decisions were fair, or that nobody was refused before the record, no audit can tell."
)
SHOWN = 20
KEPT = 1_000  # of one check and grade: what is wrong with each of a million entries fills no memory
SENTENCE_MOST = 400


class Grade(StrEnum):
    """How grave."""

    NOTE = "note"
    UNCHECKED = "could not check"
    EVIDENCE = "evidence"


def plain(says: str) -> str:
    """A sentence that may quote what a hostile log wrote: no word of it steers the terminal, or fills it."""
    cut = says if len(says) <= SENTENCE_MOST else f"{says[:SENTENCE_MOST]} ..."
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)


def counted(number: int, one: str, more: str = "") -> str:
    """A number with its noun: 1 entry, 2 entries."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"


class Unreadable(Exception):
    """Something that should be there could not be read; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of one check; `proof` is what a third person needs to see it, too."""

    check: str
    grade: Grade
    says: str
    proof: str = ""


@dataclass(slots=True)
class Findings:
    """All of an audit. `about` says what was read; `done` are the checks that were carried out at all,
    `idle` those of them that had nothing to compare."""

    about: str = ""
    all: list[Finding] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)
    _counts: Counter[tuple[str, Grade]] = field(default_factory=Counter)

    def note(self, check: str, says: str) -> None:
        """Something to know, not a fault."""
        self._add(Finding(check, Grade.NOTE, plain(says)))

    def unchecked(self, check: str, says: str) -> None:
        """Something that could not be checked."""
        self._add(Finding(check, Grade.UNCHECKED, plain(says)))

    def evidence(self, check: str, says: str, proof: str = "") -> None:
        """Something that an honest record cannot show."""
        self._add(Finding(check, Grade.EVIDENCE, plain(says), proof))

    def _add(self, found: Finding) -> None:
        of = (found.check, found.grade)
        self._counts[of] += 1
        if self._counts[of] <= KEPT:
            self.all.append(found)

    def read(self, check: str, read: Callable[[], Found]) -> Found | None:
        """What `read` gives; None, and a check that could not be made, where it cannot."""
        try:
            return read()
        except Unreadable as error:
            self.unchecked(check, str(error))
            return None

    def of(self, check: str, grade: Grade) -> list[Finding]:
        """The findings of one check and grade."""
        return [found for found in self.all if (found.check, found.grade) == (check, grade)]

    def status(self) -> int:
        """0 all holds, 1 something could not be checked, 2 evidence."""
        grades = {found.grade for found in self.all}
        return 2 if Grade.EVIDENCE in grades else 1 if Grade.UNCHECKED in grades else 0

    def _not_asked(self) -> list[str]:
        found = [check for check in CHECKS if check in self.idle]
        return [f"Nothing was given to compare for {' and '.join(found)}."] if found else []

    def report(self) -> str:
        """The report as text."""
        lines: list[str] = [self.about] if self.about else []
        for check, title in CHECKS.items():
            if self.of(check, Grade.EVIDENCE):
                mark = "NO   "
            elif self.of(check, Grade.UNCHECKED):
                mark = "?    "
            else:
                mark = "yes  " if check in self.done and check not in self.idle else "-    "
            lines.append(f"{mark}{check:<4}{title}. {self.done.get(check, 'Not reached.')}")
            for grade in (Grade.EVIDENCE, Grade.UNCHECKED, Grade.NOTE):
                found = self.of(check, grade)
                lines += [f"         {grade.value}: {one.says}" for one in found[:SHOWN]]
                if (count := self._counts[check, grade]) > SHOWN:
                    lines.append(f"         ... and {count - SHOWN} more")
        ends = {
            0: " ".join(["Everything holds.", *self._not_asked(), LIMITS]),
            1: "Nothing speaks against this record, but not everything could be checked.",
            2: "This record is not what was signed or promised. Keep the evidence file.",
        }
        if not self.done:
            ends[1] = "Nothing could be checked."
        return "\n".join([*lines, ends[self.status()]])
