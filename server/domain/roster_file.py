"""A roster as a CSV file: the first column is the code, every other column is left unread.

Names are never taken in: a store that held names beside codes could tell who asked what. Either
every line is right, or nothing is imported and each wrong line is named.
"""

from __future__ import annotations

import csv
import io

from server.domain.ids import normal_code
from server.domain.refusals import Refusal, Refused

FILE_MAX_BYTES = 8_388_608
CODES_MAX = 200_000
SHORTEST, LONGEST = 16, 64
ERRORS_SHOWN = 20
HEADINGS = frozenset({"code", "codes", "zugangscode", "token"})


class RosterRefused(Refused):
    """The file was not imported. `lines` are (line number, what is wrong), the first of them."""

    def __init__(self, detail: str, lines: tuple[tuple[int, str], ...] = ()) -> None:
        super().__init__(Refusal.BAD_INPUT, detail)
        self.lines = lines


def codes_in(raw: bytes) -> list[str]:
    """The normalised codes of a file, in file order; RosterRefused names each odd line."""
    codes: list[str] = []
    known: dict[str, int] = {}
    wrong: list[tuple[int, str]] = []
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
            f"codes: {len(wrong)} lines are not right, so nothing was imported.",
            tuple(wrong[:ERRORS_SHOWN]),
        )
    if not codes:
        raise RosterRefused("codes: the file holds no code.")
    if len(codes) > CODES_MAX:
        raise RosterRefused(f"codes: a roster takes at most {CODES_MAX} codes.")
    return codes


def _first_cells(raw: bytes) -> list[tuple[int, str]]:
    if len(raw) > FILE_MAX_BYTES:
        raise RosterRefused(f"codes: a file has at most {FILE_MAX_BYTES // 1_048_576} MiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RosterRefused("codes: the file is not UTF-8.", ((line, "not UTF-8"),)) from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    cells: list[tuple[int, str]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append((reader.line_num, row[0]))
    except csv.Error as error:
        where = ((reader.line_num, str(error)),)
        raise RosterRefused("codes: the file is not a CSV file.", where) from None
    return cells


def _why_not(cell: str, code: str, known: dict[str, int]) -> str:
    """What is wrong with a cell, or ''. The cell itself is never repeated: it may be a name."""
    if any(not (c.isascii() and (c.isalnum() or c in " -_")) for c in cell.strip()):
        return "has characters other than letters, digits, blanks and dashes"
    if not SHORTEST <= len(code) <= LONGEST:
        return f"has {len(code)} letters and digits; a code has {SHORTEST} to {LONGEST}"
    if code in known:
        return f"is the same code as in line {known[code]}"
    return ""
