"""The rest of A1, and what others kept for A2: witnesses' signatures, and the deployment's anchor log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.audit.findings import Findings, counted
from server.audit.sources import Source, head_now, tile_of
from server.translog import anchor, checkpoint, tile
from server.translog.checkpoint import Checkpoint, SignedCheckpoint
from server.translog.edge import Edge
from server.translog.leaf import LeafError
from server.translog.note import NoteError, VerifierKey
from server.translog.policy import Policy
from server.translog.tile import ENTRIES, WIDTH, Tile

ANCHOR_MAX = 1_000_000
Saved = list[tuple[str, Checkpoint]]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head of the record under witnesses' signatures: where they stand, and the earliest time."""

    where: str
    head: Checkpoint
    at: int
    enough: bool
    count: int


@dataclass(frozen=True, slots=True)
class AnchorLog:
    """The anchor as the auditor was told of it: where it is, its key, its checkpoints kept so far."""

    source: Source
    key: VerifierKey
    saved: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the anchor says: heads of this record, those under cosignatures, and its own checkpoint."""

    heads: Saved
    cosigned: list[Cosigned]
    note: str


def _cosigned(
    data: bytes | None, key: VerifierKey, rule: Policy
) -> tuple[SignedCheckpoint, bool] | None:
    try:
        found = checkpoint.verified(data or b"", key, tuple(rule.witnesses.values()))
    except NoteError:
        return None
    return (found, rule.met_by(found.witnesses)) if found.witnesses else None


def directly(
    beside: bytes | None, key: VerifierKey, rule: Policy | None, head: SignedCheckpoint
) -> list[Cosigned]:
    """Heads of this log that trusted witnesses signed: the one that is served, and `beside` it the
    witnessed one."""
    made: list[Cosigned] = []
    if rule is None:
        return made
    found = _cosigned(beside, key, rule)
    own = (head, rule.met_by(head.witnesses)) if head.witnesses else None
    for where, one in (("checkpoint", own), ("checkpoint.witnessed", found)):
        if one is not None:
            signed, enough = one
            at, count = min(signed.witnesses.values()), len(signed.witnesses)
            made.append(Cosigned(where, signed.checkpoint, at, enough, count))
    return made


def judge(rule: Policy | None, seen: Sequence[Cosigned], size: int, findings: Findings) -> None:
    """Whether enough of the trusted witnesses signed, and how far they did."""
    entries = counted(size, "entry", "entries")
    if rule is None or rule.quorum == "none":
        findings.done["A1"] = f"{entries}. No witness was asked for (--policy)."
        return
    enough = [one for one in seen if one.enough]
    if not enough:
        findings.unchecked("A1", "too few of the witnesses that you trust have signed")
        findings.done["A1"] = f"{entries}."
        return
    far = max(enough, key=lambda one: one.head.size)
    reached = min(far.head.size, size)
    findings.done["A1"] = (
        f"{entries}, {reached} of them under {counted(far.count, 'witness', 'witnesses')}."
    )
    if reached < size:
        findings.note("A1", f"the last {size - reached} entries are not under witnesses yet")


def anchors(
    given: AnchorLog, origin: str, rule: Policy | None, findings: Findings
) -> Anchors | None:
    """The heads of the record `origin` in the anchor, the whole of which is read and rehashed; None
    where it cannot be relied on."""
    beside = given.source.get("checkpoint.witnessed") if rule else None
    data = given.source.get("checkpoint")
    witnesses = tuple(rule.witnesses.values()) if rule else ()
    try:
        signed = checkpoint.verified(data or b"", given.key, witnesses)
    except NoteError as error:
        findings.unchecked("A2", f"the anchor log is not signed by the key that you gave ({error})")
        return None
    covered = _cosigned(beside, given.key, rule) if rule else None
    marks = [("your note of the anchor", note) for note in given.saved]
    claims: Saved = [("the anchor's checkpoint", signed.checkpoint)]
    if covered is not None:
        claims.append(("the anchor's witnessed checkpoint", covered[0].checkpoint))
    for where, note in marks:
        try:
            claims.append((where, checkpoint.verified(note, given.key).checkpoint))
        except NoteError:
            continue  # of another anchor
    leaves = _leaves(given.source, signed.checkpoint.size, findings)
    if leaves is None or not _hold(leaves, claims, given, findings):
        return None
    return _of(leaves, origin, covered, (data or b"").decode(), findings)


def _leaves(source: Source, size: int, findings: Findings) -> list[bytes] | None:
    if size > ANCHOR_MAX:
        findings.unchecked("A2", f"an anchor log of {size} entries is too large to check")
        return None
    found: list[bytes] = []
    for n in range(-(-size // WIDTH)):
        wanted = Tile(ENTRIES, n, min(WIDTH, size - n * WIDTH))
        try:
            found += tile.parse_bundle(tile_of(source, wanted) or b"", wanted.width)
        except ValueError as error:
            findings.unchecked("A2", f"the anchor's {wanted.path()} cannot be read ({error})")
            return None
    return found


def _hold(leaves: Sequence[bytes], claims: Saved, given: AnchorLog, findings: Findings) -> bool:
    edge, roots = Edge(), {0: Edge().root()}
    marks = {one.size for _, one in claims}
    for data in leaves:
        edge.append([data])
        if edge.size in marks:
            roots[edge.size] = edge.root()
    longer = [(where, one) for where, one in claims if one.size > len(leaves)]
    now = head_now(given.source, given.key) if longer else None
    wrong = [(where, one) for where, one in longer if now is not None and now.size < one.size]
    for where, one in longer:
        if (where, one) not in wrong:  # an older copy, or it grew while it was read
            says = f"{where}: {one.size} entries were signed, only {len(leaves)} were read"
            findings.unchecked("A2", says)
    wrong += [one for one in claims if one not in longer and roots.get(one[1].size) != one[1].root]
    for where, one in wrong:
        says = f"{where}: another history of the anchor log was signed at {one.size} entries"
        findings.evidence("A2", says, one.text())
    return not wrong


def _of(
    leaves: Sequence[bytes],
    origin: str,
    covered: tuple[SignedCheckpoint, bool] | None,
    note: str,
    findings: Findings,
) -> Anchors:
    name, heads, cosigned = anchor.name_of(origin), [], []
    for index, data in enumerate(leaves):
        try:
            found = anchor.parse(data)
        except LeafError as error:
            findings.evidence("A2", f"entry {index} of the anchor log is malformed: {error}")
            continue
        if found.log != name:
            continue
        where, head = f"the anchor log's entry {index}", Checkpoint(origin, found.size, found.root)
        heads.append((where, head))
        if covered is not None and index < covered[0].checkpoint.size:
            signed, enough = covered
            at, count = min(signed.witnesses.values()), len(signed.witnesses)
            cosigned.append(Cosigned(where, head, at, enough, count))
    if not heads:
        findings.note("A2", "the anchor log does not name this record (yet)")
    return Anchors(heads, cosigned, note)
