"""`./openfloor audit`: read a whole log, hold it against all that is known of it, say what was found."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from server.audit import checks, files_check, keeping, reading, series, sources, witnessed
from server.audit.checks import Receipt
from server.audit.findings import Findings, Unreadable, counted, plain
from server.audit.reading import Progress, Read
from server.audit.series import Earlier
from server.audit.sources import Source
from server.audit.witnessed import AnchorLog
from server.translog import checkpoint, policy
from server.translog.checkpoint import Checkpoint
from server.translog.note import NoteError, VerifierKey
from server.translog.proof import Proof

PATIENCE_S = 48 * 3_600
BAR_COLUMNS = 79
DAY_S = 86_400
USAGE = (
    "Exit status: 0 everything holds, 1 something could not be checked, 2 evidence of cheating."
    " docs/verifying.md says what each check is."
)
COPY = (
    "This was read from a copy, and what is wrong may have been changed on its way to you: audit the record"
    " at its address, too, before you accuse anybody."
)


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.epilog = USAGE
    parser.add_argument("target", help="a log's address, its folder, or its archive as a zip")
    key = "from a source that you trust: the invitation, the printed agenda"
    parser.add_argument("--vkey", required=True, metavar="KEY", help=f"the log's key, {key}")
    parser.add_argument("--receipts", type=Path, metavar="DIR", help="receipts to look for")
    remembers = "remembers what was signed; give the same one each time"
    parser.add_argument("--state", type=Path, metavar="FILE", help=remembers)
    policy_help = "tlog-policy naming the witnesses you trust"
    parser.add_argument("--policy", type=Path, metavar="FILE", help=policy_help)
    parser.add_argument("--anchor", help="the deployment's anchor log: address or folder")
    parser.add_argument("--anchor-vkey", metavar="KEY", help="the anchor log's key")
    earlier = "the earlier log that this one continues, as the target"
    parser.add_argument("--prev", metavar="TARGET", help=earlier)
    parser.add_argument("--prev-vkey", metavar="KEY", help="the earlier log's key")
    evidence = "where evidence is written (default: evidence.json)"
    parser.add_argument(
        "--evidence", type=Path, default=Path("evidence.json"), metavar="FILE", help=evidence
    )


def parsed(parser: ArgumentParser) -> Namespace:
    """What was typed. Wrong usage ends with status 1: 2 would say that a log does not hold."""
    try:
        return parser.parse_args()
    except SystemExit as end:
        raise SystemExit(1 if end.code else 0) from None


def main(options: Namespace) -> int:
    """Exit status: 0 everything holds, 1 something could not be checked, 2 evidence of cheating."""
    findings = Findings()
    try:
        log = _key("--vkey", options.vkey)
        rule = _rule(options.policy)
        source = sources.of(options.target)
        held = _receipts(options.receipts, findings)
        saved = _saved(options.state, log, findings)
        now_s = int(time.time())
        anchor, earlier = _anchor(options), _earlier(options)
        try:
            head = audit(source, log, rule, held, saved, now_s, findings, _bar, anchor, earlier)
        except Unreadable as error:  # what was found before it still counts
            head = None
            findings.unchecked("A3" if "A1" in findings.done else "A1", str(error))
    except (Unreadable, NoteError, OSError, ValueError) as error:
        print(f"Could not check: {plain(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped: nothing was decided.", file=sys.stderr)
        return 1
    _bar_ends()
    print(findings.report())
    if findings.status() == 2 and not source.live:
        print(COPY)
    try:
        _keep(options, source, anchor, head, findings)
    except OSError as error:
        print(f"Could not write: {plain(str(error))}", file=sys.stderr)
        return max(1, findings.status())
    return findings.status()


def _keep(
    options: Namespace,
    source: Source,
    anchor: AnchorLog | None,
    head: str | None,
    findings: Findings,
) -> None:
    """Write the evidence, or the signatures for the next audit; OSError where that cannot be."""
    if findings.status() == 2:
        keeping.write_evidence(options.evidence, source.name, head, findings)
        print(f"The evidence is in {options.evidence}.")
    elif head and options.state:
        keeping.remember(options.state, "checkpoints", head)
        with suppress(Unreadable):
            if anchor is not None and (note := anchor.source.get("checkpoint")):
                keeping.remember(options.state, "anchors", note.decode())


def audit(
    source: Source,
    log: VerifierKey,
    rule: policy.Policy | None,
    held: list[Receipt],
    saved: list[tuple[str, Checkpoint]],
    now_s: int,
    findings: Findings,
    progress: Progress,
    anchor: AnchorLog | None = None,
    earlier: Earlier | None = None,
) -> str | None:
    """Carry out A1 to A10. The checkpoint's note where the whole log could be read, else None."""
    # What others signed is read first: a log that grows meanwhile is then never shorter than that.
    # What cannot be read of it hides nothing of the record.
    beside = findings.read("A1", lambda: source.get("checkpoint.witnessed")) if rule else None
    anchors = None
    if anchor is not None:
        anchors = findings.read("A2", lambda: witnessed.anchors(anchor, log.name, rule, findings))
    found = reading.signed(source, log, rule, findings)
    if found is None:
        return None
    seen = witnessed.directly(beside, log, rule, found[1])
    known = [*saved, *_kept(source, log, findings), *_heads(held, log)]
    known += [(one.where, one.head) for one in seen]
    if anchors is not None:
        known, seen = [*known, *anchors.heads], [*seen, *anchors.cosigned]
    witnessed.judge(rule, seen, found[1].checkpoint.size, findings)
    bounds = [(one.head.size, one.at) for one in seen]
    again = partial(sources.head_now, source, log)
    read = reading.read(source, found, known, now_s, findings, progress, bounds, again)
    findings.about = _about(read)
    if not read.whole:
        return None
    series.continued(read, earlier, now_s, findings, progress)
    checks.waiting(read, now_s, PATIENCE_S, findings)
    _beside(source, read, findings, progress)
    checks.receipts(held, read, log, findings)
    return found[0]


def _about(read: Read) -> str:
    """What was read, for who has more than one."""
    entries = counted(read.head.size, "entry", "entries")
    told = f"The record {plain(read.head.origin)}, {entries}"
    if read.whole and read.replay.at:
        last = datetime.fromtimestamp(read.replay.at, UTC)
        told += f", the last of {last:%Y-%m-%d}" + (
            f" {last:%H:%M} UTC" if read.replay.at % DAY_S else ""
        )
        told += ". It is closed" if read.replay.closed else ". It is not closed yet"
    return f"{told}."


def _beside(source: Source, read: Read, findings: Findings, progress: Progress) -> None:
    """What reads files beside the entries, each for itself: one that cannot be read hides no other's
    findings."""
    findings.read("A5", lambda: checks.reasons(source, read, findings))
    findings.read("A7", lambda: files_check.published(source, read, findings, progress))
    findings.read("A8", lambda: checks.texts(source, read, findings, progress))
    findings.read("A9", lambda: checks.tallies(source, read, findings, progress))


def _anchor(options: Namespace) -> AnchorLog | None:
    if not options.anchor:
        return None
    if not options.anchor_vkey:
        raise NoteError("--anchor needs --anchor-vkey, from a source that you trust")
    key = _key("--anchor-vkey", options.anchor_vkey)
    return AnchorLog(sources.of(options.anchor), key, keeping.notes(options.state, "anchors"))


def _earlier(options: Namespace) -> Earlier | None:
    if not options.prev:
        return None
    if not options.prev_vkey:
        raise NoteError("--prev needs --prev-vkey, from a source that you trust")
    return Earlier(sources.of(options.prev), _key("--prev-vkey", options.prev_vkey))


def _key(option: str, text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text.strip())
    except NoteError as error:
        raise NoteError(f"the key after {option} cannot be read: {error}") from error


def _rule(path: Path | None) -> policy.Policy | None:
    try:
        return policy.parse(path.read_text()) if path else None
    except ValueError as error:
        raise NoteError(f"{path} is no policy: {error}") from error


def _kept(source: Source, log: VerifierKey, findings: Findings) -> list[tuple[str, Checkpoint]]:
    """The checkpoints that lie beside the log."""
    found: list[tuple[str, Checkpoint]] = []
    for name in source.names("cp"):
        if not name.isdigit():
            continue
        data = findings.read("A2", partial(source.get, f"cp/{name}"))
        if data is None:
            continue
        try:
            found.append((f"cp/{name}", checkpoint.verified(data, log).checkpoint))
        except NoteError as error:
            findings.unchecked("A2", f"cp/{name}: {error}")
    return found


def _heads(held: list[Receipt], log: VerifierKey) -> list[tuple[str, Checkpoint]]:
    found: list[tuple[str, Checkpoint]] = []
    for receipt in held:
        try:
            note = Proof.parse(receipt.proof).note
            found.append((receipt.name, checkpoint.verified(note, log).checkpoint))
        except NoteError:
            continue  # A10 says so
    return found


def _receipts(folder: Path | None, findings: Findings) -> list[Receipt]:
    found: list[Receipt] = []
    for path in sorted(folder.iterdir()) if folder else []:
        if path.suffix in (".tlog-proof", ".json") and path.is_file():
            try:
                found.append(checks.read_receipt(path.name, path.read_bytes()[:1_000_000]))
            except ValueError as error:
                findings.unchecked("A10", f"{path.name} is not a receipt ({error})")
    return found


def _saved(
    state: Path | None, log: VerifierKey, findings: Findings
) -> list[tuple[str, Checkpoint]]:
    found: list[tuple[str, Checkpoint]] = []
    for note in keeping.notes(state, "checkpoints"):
        try:
            head = checkpoint.verified(note, log).checkpoint
            found.append((f"your note of size {head.size}", head))
        except NoteError:
            findings.note("A2", f"{state} holds a signature of another log, which is passed over")
    return found


def _bar(done: int, total: int, what: str) -> None:
    """One line, drawn over the last."""
    if sys.stderr.isatty():
        line = f"[{'#' * (20 * done // max(1, total)):<20}] {done} of {total} {what}"
        print(f"\r{line:<{BAR_COLUMNS}}", end="", file=sys.stderr, flush=True)


def _bar_ends() -> None:
    if sys.stderr.isatty():
        print(f"\r{'':<{BAR_COLUMNS}}\r", end="", file=sys.stderr, flush=True)
