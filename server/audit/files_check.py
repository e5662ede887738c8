"""A7: the published states and the files of what was screened out, drawn again from leaves and openings."""

from __future__ import annotations

import json
import time

from server.audit.findings import Findings
from server.audit.moving import Moving
from server.audit.reading import Read
from server.audit.record import Look
from server.audit.record_files import look_in, screened_out
from server.audit.sources import PUBLIC_BYTES, Source

STATES, TOLD, SHEET = "public.json", "screened-out.json", "screened-out.csv"
# A file and the openings that it shows are read one after the other while both may change, and a proxy
# may keep a file for its second: what fits at no one of so many readings, so far apart, never fitted.
READINGS = 5
SIZES_MOST = 50  # that a live log may pass between two requests
WRONG = {
    STATES: "the published states are not those that the entries give",
    TOLD: f"{TOLD} is not what entries and texts give",
    SHEET: f"{SHEET} is not what entries and texts give",
}


def published(source: Source, read: Read, findings: Findings) -> None:
    """Each file must be what leaves and openings give, to the byte: of an archive at its checkpoint, of a
    live log at the size that the file names."""
    if source.live:
        _Live(source, read, findings).judge()
    else:
        _still(source, read, findings)
    findings.done["A7"] = f"{len(read.replay.questions)} questions."


def _still(source: Source, read: Read, findings: Findings) -> None:
    states = source.get(STATES, PUBLIC_BYTES)
    if states is not None and states != read.replay.public(read.head.root):
        findings.evidence("A7", WRONG[STATES])
    given = [source.get(name, PUBLIC_BYTES) for name in (TOLD, SHEET)]
    if states is None or None in given:
        _missing(findings)
    made = screened_out(read.replay, read.head.root, look_in(source.get))
    for name, data, right in zip((TOLD, SHEET), given, made, strict=True):
        if data is not None and data != right:
            findings.evidence("A7", WRONG[name])


def _missing(findings: Findings) -> None:
    findings.note(
        "A7", "not all files of states and of what was screened out are in what was given"
    )


def _size(data: bytes) -> int | None:
    """The size that a file says it was drawn at; None for what is none of our files."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    size = found.get("size") if isinstance(found, dict) else None
    return size if type(size) is int and size > 0 else None


class _Live:
    """The files of a log that goes on. What fits once is settled."""

    def __init__(self, source: Source, read: Read, findings: Findings) -> None:
        self._source, self._read, self._findings = source, read, findings
        self._moving = Moving(source, read, findings)
        self._left = {STATES, TOLD, SHEET}
        self._unsigned: set[str] = set()
        self._looks: list[Look] = []

    def judge(self) -> None:
        """Read until all fits, or it never did."""
        for reading in range(READINGS):
            if reading:
                time.sleep(self._source.pause_s)
            self._unsigned = set()
            if not self._all_there():
                _missing(self._findings)
                return
            if not self._left:
                return
        for name in sorted(self._left - self._unsigned):
            self._findings.evidence("A7", WRONG[name])
        for name in sorted(self._left & self._unsigned):
            says = f"{name} speaks of more entries than are signed and served; run the audit again"
            self._findings.unchecked("A7", says)

    def _all_there(self) -> bool:
        """One reading of what is left; False where a file is not there."""
        read = {name: self._source.get(name, PUBLIC_BYTES) for name in (STATES, TOLD, SHEET)}
        again = self._source.get(TOLD, PUBLIC_BYTES) if SHEET in self._left else b""
        states, told, sheet = read.values()
        if states is None or told is None or sheet is None or again is None:
            return False
        # What the file shows was public either before it was read or after.
        self._looks = [*self._looks[-1:], look_in(self._source.get)]
        self._hold(STATES, states, _size(states), _size(states))
        self._hold(TOLD, told, _size(told), _size(told))
        self._hold(SHEET, sheet, _size(told), _size(again))
        return True

    def _hold(self, name: str, data: bytes, first: int | None, last: int | None) -> None:
        if name not in self._left or first is None or last is None:
            return
        for size in range(first, min(last, first + SIZES_MOST) + 1):
            if self._fits(name, data, size):
                self._left.discard(name)
                return

    def _fits(self, name: str, data: bytes, size: int) -> bool:
        found = self._moving.at(size)
        if found is None:
            self._unsigned.add(name)
            return False
        record, root = found
        if name == STATES:
            return data == record.public(root)
        made = (screened_out(record, root, look) for look in self._looks)
        return any(data == drawn[name == SHEET] for drawn in made)
