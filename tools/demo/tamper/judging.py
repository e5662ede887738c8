"""Everybody who could notice, each alone with what that person holds: who names what was done?"""

from __future__ import annotations

import time
from pathlib import Path

from server.audit.checks import Receipt
from server.audit.findings import Findings, Grade
from server.audit.main import audit
from server.audit.sources import Folder
from server.translog.checkpoint import Checkpoint
from server.translog.note import VerifierKey
from server.translog.policy import Policy
from server.witness.book import Book
from server.witness.door import add_checkpoint
from tools.demo.tamper.attacks import AUDIT, RECEIPT, SAVED, SEQUENCER, WITNESS, Tampered
from tools.demo.tamper.forging import serve
from tools.demo.tamper.record import Record
from workers.feeder.exchange import Answer
from workers.feeder.member import Member, Untold
from workers.feeder.watched import Watched
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring, KeyTrouble
from workers.sequencer.leaves import LeafStore
from workers.sequencer.log import Halted, MeetingLog


class _Served(Folder):
    """A folder that stands for the address where it is served: what is missing there is missing."""

    live = True


def _audited(
    served: Path, key: VerifierKey, held: list[Receipt], saved: list[tuple[str, Checkpoint]]
) -> set[str]:
    findings = Findings()
    now_s = int(time.time())
    audit(_Served(served), key, None, held, saved, now_s, findings, lambda *_: None)
    return {one.check for one in findings.all if one.grade is Grade.EVIDENCE}


def _words(checks: set[str]) -> str:
    return " ".join(sorted(checks, key=lambda check: int(check[1:])))


def auditors(record: Record, done: Tampered, concerns: tuple[int, ...]) -> dict[str, str]:
    """A stranger with the key alone; the askers of these questions with their receipts; somebody with the
    last checkpoint that was seen.
    What a stranger sees already is not counted for the others."""
    key = record.signer.key
    note = record.notes[record.size]
    head = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    stranger = _audited(done.served, key, [], [])
    holder = _audited(done.served, key, [record.receipts[n - 1] for n in concerns], [])
    saver = _audited(done.served, key, [], [("the last checkpoint", head)])
    return {
        AUDIT: _words(stranger),
        RECEIPT: _words(holder - stranger),
        SAVED: _words(saver - stranger),
    }


async def witness(record: Record, done: Tampered, folder: Path) -> str:
    """A witness that cosigned the honest log before; what it makes of the one that is served now."""
    book = Book(folder / "witness", None)
    try:
        book.watch([record.signer.key])

        async def post(url: str, body: bytes) -> Answer:
            status, _, text = add_checkpoint(book, body, int(time.time()))
            return Answer(status, text.encode())

        member = Member("witness", book.signer.key, "")
        honest = serve(record, folder / "before", record.leaves)
        for served in (honest, done.served):
            log = Watched(
                served.name, Files(served.parent), record.signer.key, Policy((), {}, {}, "none")
            )
            log.note = (served / "checkpoint").read_text()
            try:
                await member.cosign(log.note, log.head(), log.proof, post)
            except Untold as untold:
                return untold.trouble.value
        return ""
    finally:
        book.close()


def sequencer(done: Tampered) -> str:
    """What the sequencer says when it starts on the tampered data; '' where it would go on."""
    if done.data is None:
        return ""
    leaves = LeafStore(done.data / "log" / "leaves.sqlite3")
    try:
        keys = done.data.with_name(f"{done.data.name}-keys")
        ring, files = Keyring(keys, logs_exist=True), Files(done.data / "log")
        for state in leaves.states().values():
            for _ in MeetingLog(leaves, files, ring, state).raising():
                pass
        return ""
    except (Halted, KeyTrouble) as reason:
        return str(reason)
    finally:
        leaves.close()


async def judged(
    record: Record, done: Tampered, concerns: tuple[int, ...], folder: Path
) -> dict[str, str]:
    """What each of them says, '' for nothing."""
    found = auditors(record, done, concerns)
    return {**found, WITNESS: await witness(record, done, folder), SEQUENCER: sequencer(done)}
