"""A7: the published states and the files of what was screened out, drawn again from leaves and openings."""

from __future__ import annotations

import json
import time

from server.audit.findings import Findings, Unreadable, counted
from server.audit.moving import Moving
from server.audit.reading import Progress, Read
from server.audit.record import Look
from server.audit.record_files import look_in, screened_out
from server.audit.sources import MAX_BYTES, PUBLIC_BYTES, Source

STATES, TOLD, SHEET = "public.json", "screened-out.json", "screened-out.csv"
# A file and the openings that it shows are read one after the other while both may change, and a proxy
# may keep a file for its second: what fits at no one of so many readings, so far apart, never fitted.
READINGS = 5
WORDS_BYTES = 4 * PUBLIC_BYTES
SIZES_MOST = 50  # that a live log may pass between two requests
WRONG = {
    STATES: "the published states are not those that the entries give",
    TOLD: f"{TOLD} is not what entries and texts give",
    SHEET: f"{SHEET} is not what entries and texts give",
}


def published(source: Source, read: Read, findings: Findings, progress: Progress) -> None:
    """Each file must be what leaves and openings give, to the byte: of an archive at its checkpoint, of a
    live log at the size that the file names."""
    if source.live:
        _Live(source, read, findings, progress).judge()
    else:
        _still(source, read, findings)
    findings.done["A7"] = f"{counted(len(read.replay.questions), 'question')}."


def _still(source: Source, read: Read, findings: Findings) -> None:
    def given(name: str) -> bytes | None:
        return findings.read("A7", lambda: source.get(name, PUBLIC_BYTES))

    states = given(STATES)
    if states is not None and states != read.replay.public(read.head.root):
        findings.evidence("A7", WRONG[STATES])
    files = [given(name) for name in (TOLD, SHEET)]
    if states is None or None in files:
        says = "not all files of states and of what was screened out are in what was given"
        findings.note("A7", says)
    made = screened_out(read.replay, read.head.root, _look(source))
    for name, data, right in zip((TOLD, SHEET), files, made, strict=True):
        if data is not None and data != right:
            findings.evidence("A7", WRONG[name])


def _look(source: Source) -> Look:
    """The words beside the entries; Unreadable where they are more than a person's computer should hold."""
    left = WORDS_BYTES

    def read(path: str) -> bytes | None:
        nonlocal left
        data = source.get(path, PUBLIC_BYTES if path.startswith("ticks/") else MAX_BYTES)
        left -= len(data or b"")
        if left < 0:
            raise Unreadable(f"texts, rules and tallies are more than {WORDS_BYTES} bytes together")
        return data

    return look_in(read)


def _size(data: bytes | None) -> int | None:
    """The size that a file says it was drawn at; None for what is none of our files."""
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):
        return None
    size = found.get("size") if isinstance(found, dict) else None
    return size if type(size) is int and size > 0 else None


class _Live:
    """The files of a log that goes on. What fits once is settled."""

    def __init__(self, source: Source, read: Read, findings: Findings, progress: Progress) -> None:
        self._source, self._read, self._findings = source, read, findings
        self._moving = Moving(source, read, findings, progress)
        self._left = {STATES, TOLD, SHEET}
        self._came: set[str] = set()
        self._unread: dict[str, str] = {}
        self._unsigned: set[str] = set()
        self._looks: list[Look] = []

    def judge(self) -> None:
        """Read until all fits, or it never did. Each file is held alone: one that is kept back excuses no
        other, and is a check that could not be made."""
        for reading in range(READINGS):
            if reading:
                time.sleep(self._source.pause_s)
            self._unsigned = set()
            self._look()
            if not self._left:
                return
        for name in sorted(self._left - self._came):
            self._findings.unchecked("A7", self._unread.get(name, f"{name} is not served"))
        came = self._left & self._came
        for name in sorted(came - self._unsigned):
            self._findings.evidence("A7", WRONG[name])
        for name in sorted(came & self._unsigned):
            says = f"{name} speaks of more entries than are signed and served; run the audit again"
            self._findings.unchecked("A7", says)

    def _look(self) -> None:
        """One reading of what is left. The sheet names no size: another file tells when it was drawn."""
        read = {name: self._given(name) for name in (STATES, TOLD, SHEET)}
        dated = STATES if read[TOLD] is None else TOLD
        again = self._given(dated) if SHEET in self._left else None
        # What the file shows was public either before it was read or after.
        self._looks = [*self._looks[-1:], _look(self._source)]
        for name in (STATES, TOLD):
            self._hold(name, read[name], _size(read[name]), _size(read[name]))
        if read[dated] is not None and again is not None:
            self._hold(SHEET, read[SHEET], _size(read[dated]), _size(again))

    def _given(self, name: str) -> bytes | None:
        """A file; None also where it cannot be read, which is not tried again."""
        if name in self._unread:
            return None
        try:
            return self._source.get(name, PUBLIC_BYTES)
        except Unreadable as error:
            self._unread[name] = str(error)
            return None

    def _hold(self, name: str, data: bytes | None, first: int | None, last: int | None) -> None:
        if name not in self._left or data is None:
            return
        self._came.add(name)
        if first is None or last is None:
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
        try:
            return any(data == drawn[name == SHEET] for drawn in made)
        except Unreadable as error:
            self._unread[name] = str(error)
            self._came.discard(name)
            return False
