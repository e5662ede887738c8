"""What a log says of the earlier one that it continues (`prev` of its first entry), held against that one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from server.audit import reading, sources
from server.audit.findings import Findings, Grade, Unreadable
from server.audit.reading import Progress, Read
from server.audit.sources import Source
from server.translog.checkpoint import Checkpoint
from server.translog.note import VerifierKey


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier log as the auditor was told of it: where it is, and its key."""

    source: Source
    key: VerifierKey


def continued(
    read: Read, earlier: Earlier | None, now_s: int, findings: Findings, progress: Progress
) -> None:
    """Tell which log this one continues, and with `earlier` read that one whole (the rest of A2)."""
    head = read.replay.prev
    if head is None:
        if earlier is not None:
            findings.unchecked(
                "A2", "this record continues no earlier one: --prev was not looked at"
            )
        return
    says = f"it continues {head.origin} after the first {head.size} entries of that record"
    findings.note("A2", says if earlier else f"{says}; --prev and --prev-vkey check that, too")
    if earlier is None:
        return
    if earlier.key.name != head.origin:
        findings.unchecked(
            "A2", f"--prev-vkey is the key of {earlier.key.name}, not of that record"
        )
        return
    own = Findings()
    try:
        closed = _read(head, earlier, now_s, own, progress)
    except Unreadable as error:
        own.unchecked("A2", str(error))
        closed = None
    for one in own.all:
        says = f"the earlier record: {one.says}"
        if one.grade is Grade.EVIDENCE:
            findings.evidence("A2", says, one.proof)
        elif one.grade is Grade.UNCHECKED:
            findings.unchecked("A2", says)
    if closed is not None:
        ends = "was closed" if closed else "was not closed"
        findings.idle.discard("A2")
        findings.done["A2"] += f" The earlier record was read as well; it {ends}."


def _read(
    head: Checkpoint, earlier: Earlier, now_s: int, own: Findings, progress: Progress
) -> bool | None:
    """Whether the earlier log was closed; None where not all of it could be read."""
    found = reading.signed(earlier.source, earlier.key, None, own)
    if found is None:
        return None
    again = partial(sources.head_now, earlier.source, earlier.key)
    claims = [("the first entry of the record that continues it", head)]
    before = reading.read(earlier.source, found, claims, now_s, own, progress, (), again)
    return before.replay.closed is not None if before.whole else None
