"""A6 to A10: who waits, what is published of it, texts, tallies, receipts."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from server.audit.findings import Findings, Unreadable, counted
from server.audit.reading import Progress, Read
from server.audit.record import Record
from server.audit.sources import PUBLIC_BYTES, Source
from server.domain.question import State
from server.translog import checkpoint, leaf
from server.translog.checkpoint import Checkpoint, meeting_of
from server.translog.leaf import Leaf, LeafError
from server.translog.note import NoteError, VerifierKey
from server.translog.proof import Proof
from server.translog.strict import read_object
from server.translog.tree import ProofError, leaf_hash, verify_inclusion

SHA256 = re.compile("[0-9a-f]{64}")
TOLD_EVERY = 20
PROOF_MOST = 20_000
ERASED_SHARE = 0.05
ERASED_LEAST = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt file: its name, the proof, and the leaf's bytes where it holds them."""

    name: str
    proof: str
    leaf: bytes | None


def waiting(read: Read, now_s: int, patience_s: int, findings: Findings) -> None:
    """A6."""
    left = read.replay.undecided()
    closed = read.replay.closed is not None
    for _, known in left:
        if closed:
            findings.evidence("A6", f"question {known.number} had no end when the log was closed")
        elif now_s - known.at > patience_s:
            findings.note("A6", f"question {known.number} waits for more than its time")
    findings.done["A6"] = (
        f"{len(left)} of {counted(len(read.replay.questions), 'question')} waiting."
    )


def reasons(source: Source, read: Read, findings: Findings) -> None:
    """The rest of A5: every screening gives a reason of the public list that was in force."""
    codes: set[str] | None = None
    for found in read.ruled:
        fields = found.fields
        if found.kind == "log.open":
            codes = _codes(source, str(fields["reasons"]), findings)
        elif found.kind == "m.rule" and fields["what"] == "reasons":
            codes = _codes(source, str(fields["new"]), findings)
        elif found.kind == "m.rule" and fields["what"] != "policy":
            told = _rule(source, str(fields["new"]), findings)
            codes = _codes(source, str(told["reasons"]), findings) if "reasons" in told else None
        elif found.kind == "q.screen" and codes is not None and fields["reason"] not in codes:
            known = read.replay.questions.get(found.q or "")
            says = f"“{fields['reason']}” was not on the public list of reasons"
            findings.evidence("A5", f"question {known.number if known else found.q}: {says}")
    for number in read.replay.judged_alone:
        findings.note(
            "A5", f"question {number}: its appeal was judged by whoever had screened it out"
        )


def _rule(source: Source, sha256: str, findings: Findings) -> dict[str, Any]:
    data = None
    if SHA256.fullmatch(sha256):
        data = findings.read("A5", lambda: source.get(f"rules/{sha256}"))
    if data is None:
        findings.note("A5", f"the rules {sha256[:8]} are not in what was given")
        return {}
    if leaf.sha256_hex(data) != sha256:
        findings.evidence("A5", f"the rules {sha256[:8]} are not those that the log names")
        return {}
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _codes(source: Source, sha256: str, findings: Findings) -> set[str] | None:
    rows = _rule(source, sha256, findings).get("reasons")
    if not isinstance(rows, list):
        return None
    return {str(row["code"]) for row in rows if isinstance(row, dict) and "code" in row}


def texts(source: Source, read: Read, findings: Findings, progress: Progress) -> None:
    """A8."""
    total = len(read.replay.questions)
    meeting = meeting_of(read.head.origin.rpartition("/")[2])
    opened = missing = 0
    reasons: Counter[str] = Counter()
    erased = 0
    for done, (q, known) in enumerate(read.replay.questions.items(), 1):
        if done % TOLD_EVERY == 0 or done == total:
            progress(done, total, "questions' texts")
        erased += bool(known.erased)
        if known.state is State.SCREENED_OUT and known.withheld:
            reasons[str(known.reason)] += 1
        for c, name in _commitments(q, read.replay):
            try:
                data = source.get(f"opening/{name}.json")
            except Unreadable as error:
                findings.unchecked("A8", str(error))
                continue
            if data is None:
                missing += not known.erased
            elif not _opens(data, c, meeting, q):
                says = f"question {known.number}: this is not the text that was received"
                findings.evidence("A8", says, _proof(name, c, data))
            else:
                opened += 1
    if missing and source.live and not opened:
        findings.unchecked("A8", f"none of {missing} public texts is served")
    elif missing:
        says = counted(missing, "public text is", "public texts are")
        findings.note("A8", f"{says} not in what was given, or lost")
    for reason, count in sorted(reasons.items()):
        findings.note("A8", f"{counted(count, 'text is', 'texts are')} withheld: {reason}")
    if erased >= ERASED_LEAST and erased > ERASED_SHARE * total:
        findings.note("A8", f"ALARM: {erased} of {total} texts were erased; ask why")
    findings.done["A8"] = f"{counted(opened, 'text')} opened, {erased} erased."


def _proof(name: str, c: str, data: bytes) -> str:
    """What a third person needs: which commitment, and the words that were given for it."""
    given = data[:PROOF_MOST].decode(errors="replace")
    return f"opening/{name}.json, of which the record holds the commitment {c}:\n{given}"


def _commitments(q: str, record: Record) -> Iterable[tuple[str, str]]:
    """Every commitment to public words of a question, past ones and those of its whole history too, with
    the name of its opening."""
    if record.is_public(q):
        yield record.questions[q].c, q
    yield from ((c, c) for c in dict.fromkeys(record.said(q)))


def _opens(data: bytes, c: str, meeting: str, q: str) -> bool:
    try:
        held = read_object(data, len(data))
        opening, salt = held["opening"], held["salt"]
        if not isinstance(opening, str) or not isinstance(salt, str):
            return False
        told = read_object(opening, len(data))
        bound = told.get("meeting") == meeting and told.get("q") == q
        return bound and leaf.commitment(bytes.fromhex(salt), opening.encode()) == c
    except (ValueError, KeyError):
        return False


def tallies(source: Source, read: Read, findings: Findings, progress: Progress) -> None:
    """A9."""
    numbers = {q: known.number for q, known in read.replay.questions.items()}
    picks = defaultdict[int, list[Leaf]](list)
    for pick in read.picks:
        picks[int(str(pick.fields["tick"]))].append(pick)
    checked = 0
    for n, tick in read.replay.ticks.items():
        progress(n, len(read.replay.ticks), "tallies")
        try:
            data = source.get(f"ticks/{n}.json", PUBLIC_BYTES)
        except Unreadable as error:
            findings.unchecked("A9", str(error))
            continue
        if data is None:
            findings.unchecked("A9", f"the tallies of tick {n} are missing")
            continue
        if leaf.sha256_hex(data) != tick.fields["sha256"]:
            findings.evidence("A9", f"the tallies of tick {n} are not those that were frozen")
            continue
        ranking = _ranking(data)
        if ranking is None:
            findings.evidence("A9", f"tick {n} froze what is no tally")
            continue
        checked += 1
        right = sorted(ranking, key=lambda row: (-row[1], numbers.get(row[0], 0)))
        order = [q for q, _ in ranking]
        if ranking != right or any(q not in numbers for q in order):
            findings.evidence("A9", f"tick {n} is not in the order that the rule gives")
        if len(set(order)) != len(order):
            findings.evidence("A9", f"tick {n} counts a question twice")
        for pick in picks[n]:
            rank = int(str(pick.fields["rank"]))
            if rank > len(order) or order[rank - 1] != pick.q:
                findings.evidence("A9", f"a pick says rank {rank} of another question")
    findings.done["A9"] = (
        f"{counted(checked, 'tally', 'tallies')}, {counted(len(read.picks), 'pick')}."
    )


def _ranking(data: bytes) -> list[tuple[str, int]] | None:
    """The rows of frozen tallies; None for what is none."""
    try:
        rows = [(q, votes) for q, votes in json.loads(data)["ranking"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return rows if all(type(q) is str and type(votes) is int for q, votes in rows) else None


def receipts(held: Iterable[Receipt], read: Read, log: VerifierKey, findings: Findings) -> None:
    """A10. That their checkpoints are of this history is A2's."""
    count = 0
    for receipt in held:
        count += 1
        try:
            found = Proof.parse(receipt.proof)
            head = checkpoint.verified(found.note, log).checkpoint
        except NoteError as error:
            findings.unchecked("A10", f"{receipt.name} is not a receipt of this log ({error})")
            continue
        _judge(receipt, found, head, read, findings)
    findings.done["A10"] = f"{counted(count, 'receipt')}."
    if not count:
        findings.done["A10"] = "No receipt was given (--receipts)."
        findings.idle.add("A10")


def _judge(
    receipt: Receipt, found: Proof, head: Checkpoint, read: Read, findings: Findings
) -> None:
    if found.index >= len(read.hashes):
        if read.lacks(found.index + 1):
            findings.evidence("A10", f"{receipt.name}: entry {found.index} is gone", receipt.proof)
        else:
            says = f"{receipt.name}: entry {found.index} is not in what is served (yet)"
            findings.unchecked("A10", says)
        return
    value = read.hashes[found.index]
    if receipt.leaf is not None and leaf_hash(receipt.leaf) != value:
        findings.evidence(
            "A10", f"{receipt.name}: another entry stands in its place", receipt.proof
        )
        return
    try:
        verify_inclusion(value, found.index, head.size, found.hashes, head.root)
    except ProofError as error:
        says = f"{receipt.name}: the entry in its place is not the one that was signed ({error})"
        findings.evidence("A10", says, receipt.proof)


def read_receipt(name: str, data: bytes) -> Receipt:
    """The receipt in a file: a tlog-proof, or JSON with `leaf` (base64) and `proof`; ValueError."""
    if not data.lstrip().startswith(b"{"):
        return Receipt(name, data.decode("utf-8"), None)
    held = read_object(data, 1_000_000)
    text, encoded = held.get("proof"), held.get("leaf")
    if not isinstance(text, str) or not isinstance(encoded, str):
        raise ValueError("a receipt holds a proof and a leaf")
    try:
        return Receipt(name, text, base64.b64decode(encoded, validate=True))
    except (binascii.Error, LeafError) as error:
        raise ValueError(str(error)) from error
