"""A roster as a CSV file: the first column is the code, every other column is left unread.

Names are never taken in: a store that held names beside codes could tell who asked what. Either
every line is right, or nothing is imported and each wrong line is named.
"""

from __future__ import annotations

import csv
import io

from server.domain.ids import normal_code
from server.domain.refusals import Refusal, Refused, Sentence

FILE_MAX_BYTES = 8_388_608
CODES_MAX = 200_000
SHORTEST, LONGEST = 16, 64
ERRORS_SHOWN = 20
HEADINGS = frozenset({"code", "codes", "zugangscode", "token"})


class RosterRefused(Refused):
    """The file was not imported. `lines` are (line number, what is wrong), the first of them."""

    def __init__(
        self, english: str, lines: tuple[tuple[int, Sentence], ...] = (), **values: object
    ) -> None:
        super().__init__(Refusal.BAD_INPUT, Sentence(english, values), field="codes")
        self.lines = lines


def codes_in(raw: bytes) -> list[str]:
    """The normalised codes of a file, in file order; RosterRefused names each odd line."""
    codes: list[str] = []
    known: dict[str, int] = {}
    wrong: list[tuple[int, Sentence]] = []
    for line, cell in _first_cells(raw):
        if line == 1 and cell.strip().casefold() in HEADINGS:
            continue
        code = normal_code(cell)
        why = _why_not(cell, code, known)
        if why:
            wrong.append((line, why))
        elif code:
            known[code] = line
            codes.append(code)
    if wrong:
        raise RosterRefused(
            "{count} lines are not right, so nothing was imported.",
            tuple(wrong[:ERRORS_SHOWN]),
            count=len(wrong),
        )
    if not codes:
        raise RosterRefused("the file holds no code.")
    if len(codes) > CODES_MAX:
        raise RosterRefused("a roster takes at most {high} codes.", high=CODES_MAX)
    return codes


def _first_cells(raw: bytes) -> list[tuple[int, str]]:
    if len(raw) > FILE_MAX_BYTES:
        raise RosterRefused("a file has at most {mib} MiB.", mib=FILE_MAX_BYTES // 1_048_576)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RosterRefused("the file is not UTF-8.", ((line, Sentence("is not UTF-8")),)) from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    cells: list[tuple[int, str]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append((reader.line_num, row[0]))
    except csv.Error as error:
        where = ((reader.line_num, Sentence("cannot be read: {found}", {"found": str(error)})),)
        raise RosterRefused("the file is not a CSV file.", where) from None
    return cells


def _why_not(cell: str, code: str, known: dict[str, int]) -> Sentence | None:
    """What is wrong with a cell, or None. The cell itself is never repeated: it may be a name."""
    if any(not (c.isascii() and (c.isalnum() or c in " -_")) for c in cell.strip()):
        return Sentence("has characters other than letters, digits, blanks and dashes")
    if not SHORTEST <= len(code) <= LONGEST:
        odd = "has {length} letters and digits; a code has {low} to {high}"
        return Sentence(odd, {"length": len(code), "low": SHORTEST, "high": LONGEST})
    if code in known:
        return Sentence("is the same code as in line {line}", {"line": known[code]})
    return None
