"""A1 to A5: signature, earlier signatures, every byte, every leaf, every step. Streams the whole log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from server.audit.findings import Findings, Unreadable, counted
from server.audit.record import Record
from server.audit.replay import BACKWARD, Replay
from server.audit.sources import Source, tile_of
from server.translog import checkpoint, leaf
from server.translog.checkpoint import Checkpoint, SignedCheckpoint
from server.translog.edge import Edge
from server.translog.leaf import Leaf, LeafError
from server.translog.note import NoteError, VerifierKey
from server.translog.policy import Policy
from server.translog.tile import ENTRIES, WIDTH, Tile, parse_bundle, tiles
from server.translog.tree import leaf_hash

SLACK_S = 600
LEAVES_MAX = 4_000_000
Progress = Callable[[int, int, str], None]  # how many are done, of how many, of what


@dataclass(slots=True)
class Read:
    """The log as it was read: states, the acts that later checks need in their order, every leaf's hash."""

    head: Checkpoint
    note: str
    replay: Record
    picks: list[Leaf] = field(default_factory=list)
    ruled: list[Leaf] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    whole: bool = True
    head_now: Callable[[], Checkpoint | None] = lambda: None

    def lacks(self, size: int) -> bool:
        """True where this many entries were signed and the log has taken some back. Not of an archive, which
        may be older; nor of a log before its meeting, which signs more than it serves; nor of one that has
        grown since its checkpoint was read."""
        if self.replay.live_at is None or size <= self.head.size:
            return False
        now = self.head_now()
        return now is not None and now.size < size


def signed(
    source: Source, log: VerifierKey, policy: Policy | None, findings: Findings
) -> tuple[str, SignedCheckpoint] | None:
    """A1. The checkpoint that all other checks stand on, or None where there is none to stand on.
    Whether enough witnesses signed is `witnessed.judge`'s to say."""
    data = source.get("checkpoint")
    if data is None:
        findings.unchecked("A1", "there is no checkpoint: this is not a log, or not published yet")
        return None
    witnesses = tuple(policy.witnesses.values()) if policy else ()
    try:
        found = checkpoint.verified(data, log, witnesses)
    except NoteError as error:
        findings.unchecked("A1", f"nothing here is signed by the key that you trust ({error})")
        return None
    if found.checkpoint.size > LEAVES_MAX:
        findings.unchecked("A3", f"a log of {found.checkpoint.size} entries is too large to check")
        return None
    return data.decode(), found


def read(
    source: Source,
    found: tuple[str, SignedCheckpoint],
    saved: Sequence[tuple[str, Checkpoint]],
    now_s: int,
    findings: Findings,
    progress: Progress,
    bounds: Sequence[tuple[int, int]] = (),
    head_now: Callable[[], Checkpoint | None] = lambda: None,
) -> Read:
    """A2 to A5. `saved` are checkpoints that the log's key signed, with where each was kept. `bounds`
    are sizes with a time at which witnesses had seen them: no entry below may bear a later one.
    `head_now` asks anew how far the log has come."""
    note, head = found[0], found[1].checkpoint
    made = Read(head, note, Record(head.origin), head_now=head_now)
    count = len(saved)
    saved = [one for one in saved if not _forked(made, *one, findings)]
    edge, roots = Edge(), {0: Edge().root()}
    marks = sorted({one.size for _, one in saved if 0 < one.size <= head.size} | {head.size})
    latest = _latest(now_s, bounds)
    for leaves in bundles(source, head.size, findings):
        if leaves is None:
            made.whole = False
            break
        for data in leaves:
            _one(data, made, edge.root, latest(len(made.hashes)), findings)
            edge.append([data])
            if edge.size == marks[0]:
                roots[marks.pop(0)] = edge.root()
                marks = marks or [-1]
        progress(edge.size, head.size, "entries")
    if made.whole:
        _judge_roots(made, roots, saved, findings)
        findings.done["A2"] = f"{counted(count, 'earlier signature')}."
        if not count:
            findings.done["A2"] = "No signature from before was given (--state)."
            findings.idle.add("A2")
        _hash_tiles(source, made, findings)
        if made.replay.rekeyed_at is not None:
            says = (
                f"entry {made.replay.rekeyed_at} names a new key, which this auditor cannot follow"
            )
            findings.unchecked("A1", f"{says}: take one of the version that wrote it")
        findings.done["A4"] = findings.done["A5"] = _entries(made)
    return made


def _entries(made: Read) -> str:
    return f"{counted(len(made.hashes), 'entry', 'entries')}."


def _latest(now_s: int, bounds: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    """The latest time that an entry may bear, by its index."""
    seen = sorted(bounds)

    def latest(index: int) -> int:
        while seen and seen[0][0] <= index:
            seen.pop(0)
        return min([now_s, *(at for _, at in seen)]) + SLACK_S

    return latest


def bundles(
    source: Source, size: int, findings: Findings, start: int = 0
) -> Iterator[list[bytes] | None]:
    """The entries of a tree of `size`, bundle by bundle from that of entry `start` on; None and the end
    where one is not to be had."""
    for n in range(start // WIDTH, -(-size // WIDTH)):
        wanted = Tile(ENTRIES, n, min(WIDTH, size - n * WIDTH))
        data = tile_of(source, wanted)
        if data is None:
            findings.unchecked("A3", f"the entries in {wanted.path()} are missing")
            yield None
            return
        try:
            yield parse_bundle(data, wanted.width)
        except ValueError as error:
            findings.evidence("A3", f"the entries in {wanted.path()} are not whole ({error})")
            yield None
            return


def _one(
    data: bytes, made: Read, root: Callable[[], bytes], latest: int, findings: Findings
) -> None:
    index = len(made.hashes)
    made.hashes.append(leaf_hash(data))
    try:
        found = leaf.parse(data)
    except LeafError as error:
        findings.evidence("A4", f"entry {index} is malformed: {error}")
        made.replay.size += 1
        return
    if found.at > latest:
        findings.evidence("A4", f"entry {index} bears a time later than its signature")
    if found.kind == "log.close":
        _judge_close(found, made.replay, root, findings)
    for wrong in [*made.replay.take(found), *made.replay.beyond(found)]:
        check = "A4" if wrong == BACKWARD else "A5"
        findings.evidence(check, f"entry {index} ({found.kind}): {wrong}")
    if found.kind == "q.pick":
        made.picks.append(found)
    elif found.kind in ("log.open", "m.rule", "q.screen"):
        made.ruled.append(found)


def _judge_close(
    found: Leaf, before: Replay, root: Callable[[], bytes], findings: Findings
) -> None:
    """The closing entry says how all questions stood before it."""
    if found.fields["counts"] != before.counts():
        findings.evidence("A7", "the closing entry counts other states than the entries give")
    if found.fields["sha256"] != leaf.sha256_hex(before.public(root())):
        findings.evidence("A7", "the closing entry names other states than the entries give")


def _judge_roots(
    made: Read,
    roots: dict[int, bytes],
    saved: Sequence[tuple[str, Checkpoint]],
    findings: Findings,
) -> None:
    head = made.head
    if roots[head.size] != head.root:
        findings.evidence(
            "A3", "the entries that are served are not those that were signed", made.note
        )
    findings.done["A3"] = f"{counted(head.size, 'entry', 'entries')} rehashed."
    for where, one in saved:
        if one.size > head.size:
            says = f"{where}: {one.size} entries were signed, only {head.size} are served"
            (findings.evidence if made.lacks(one.size) else findings.unchecked)("A2", says)
    within = [(where, one) for where, one in saved if one.size <= head.size]
    wrong = [(where, one) for where, one in within if roots[one.size] != one.root]
    if roots[head.size] == head.root:
        for where, one in wrong:
            _other_history(made, where, one, findings)
    elif wrong:
        fits = max((one.size for _, one in within if roots[one.size] == one.root), default=0)
        _changed(made, wrong, fits, findings)


def _changed(
    made: Read, wrong: Sequence[tuple[str, Checkpoint]], fits: int, findings: Findings
) -> None:
    """The entries fit no signature, so the earlier ones tell where the first is that was changed."""
    where, first = min(wrong, key=lambda one: one[1].size)
    says = f"{where}: the first {first.size} entries are not those that were signed then"
    if fits < first.size:
        says += f"; the first that was changed is among entries {fits} to {first.size - 1}"
    if len(wrong) > 1:
        says += f"; the same holds of {len(wrong) - 1} more signatures"
    findings.evidence("A2", says, f"{made.note}\nand\n{first.text()}")


def _forked(made: Read, where: str, one: Checkpoint, findings: Findings) -> bool:
    """True where two signatures contradict each other by themselves, whatever can be read besides."""
    if one.size != made.head.size or one.root == made.head.root:
        return False
    _other_history(made, where, one, findings)
    return True


def _other_history(made: Read, where: str, one: Checkpoint, findings: Findings) -> None:
    says = f"{where}: another history was signed for the first {one.size} entries"
    findings.evidence("A2", says, f"{made.note}\nand\n{one.text()}")


def _hash_tiles(source: Source, made: Read, findings: Findings) -> None:
    """Verifiers that work from tiles trust them piece by piece: compare each with the entries."""
    edge = Edge()
    given = dict([*edge.append_hashes(made.hashes), *edge.partial()])
    for wanted in tiles(made.head.size):
        if wanted.level == ENTRIES:
            continue
        try:
            data = tile_of(source, wanted)
        except Unreadable as error:
            findings.unchecked("A3", str(error))
            continue
        if data is None:
            findings.unchecked("A3", f"{wanted.path()} is missing")
        elif data != given[wanted]:
            findings.evidence("A3", f"{wanted.path()} is not what the entries give")
