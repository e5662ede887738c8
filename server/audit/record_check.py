"""The rest of A7: the published files of what was screened out, drawn again from leaves and openings."""

from __future__ import annotations

from server.audit.findings import Findings
from server.audit.reading import Read
from server.audit.record_files import look_in, screened_out
from server.audit.sources import PUBLIC_BYTES, Source

NAMES = ("screened-out.json", "screened-out.csv")


def screenings(source: Source, read: Read, findings: Findings) -> None:
    """Both files must be what leaves and openings give, to the byte."""
    given = [source.get(name, PUBLIC_BYTES) for name in NAMES]
    if None in given:
        findings.note("A7", "the files of what was screened out are not in what was given")
        return
    made = screened_out(read.replay, read.head.root, look_in(source.get))
    for name, data, right in zip(NAMES, given, made, strict=True):
        if data == right:
            continue
        if source.live:
            findings.unchecked("A7", f"{name}: the record moved while it was read; run it again")
        else:
            findings.evidence("A7", f"{name} is not what entries and texts give")
