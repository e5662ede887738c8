"""`./openfloor demo --tamper`: a script with every right over its own demo, and who catches it at what."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.demo.tamper import record as records
from tools.demo.tamper.attacks import (
    ATTACKS,
    AUDIT,
    RECEIPT,
    SAVED,
    SEQUENCER,
    WITNESS,
    Attack,
    Tampered,
)
from tools.demo.tamper.judging import judged
from tools.demo.tamper.record import Record

COLUMNS = {
    AUDIT: "audit",
    RECEIPT: "receipt",
    SAVED: "saved",
    WITNESS: "witness",
    SEQUENCER: "sequencer",
}
ONLY = {SAVED, WITNESS}
LEGEND = """
audit      anybody who has the log's key; A1 to A10 are the auditor's checks (docs/verifying.md)
receipt    besides, the asker whom it concerns, who kept the receipt
saved      besides, somebody who kept the last checkpoint: the stage's code, a mail, an earlier audit
witness    a witness that signed the record before: “ahead” and “fork” are its refusals
sequencer  Openfloor's own, started on the tampered data

Caught by nobody but a saved checkpoint or a witness:"""


@dataclass(frozen=True, slots=True)
class Caught:
    """Who named an attack, and whether that is who should have."""

    attack: Attack
    said: dict[str, str]

    def cell(self, who: str) -> str:
        """A word for the table."""
        said = self.said[who]
        return ("refuses" if said else "") if who == SEQUENCER else said

    def as_expected(self) -> bool:
        """True where everybody who must say the expected word did, and nobody cried wolf."""
        expected = self.attack.caught
        return all(
            (expected[who] in said) if who in expected else not said
            for who, said in self.said.items()
        )

    def only(self) -> bool:
        """True where nobody without a saved checkpoint or a witness would have known."""
        return {who for who, said in self.said.items() if said} <= ONLY


async def _nothing_done(record: Record, folder: Path) -> bool:
    """Nobody may say a word of the record as it is: else the table would prove nothing."""
    done = Tampered(record.folder / "honest", record.data)
    everybody = tuple(range(1, len(record.questions) + 1))
    return not any((await judged(record, done, everybody, folder)).values())


def _table(found: list[Caught], say: Callable[[str], None]) -> None:
    rows = [["what was done", *COLUMNS.values(), ""]]
    for one in found:
        mark = "as expected" if one.as_expected() else "NOT AS EXPECTED"
        rows.append([one.attack.name, *(one.cell(who) or "-" for who in COLUMNS), mark])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


async def tamper(say: Callable[[str], None], attacks: tuple[Attack, ...] = ATTACKS) -> int:
    """Hold a meeting, do each attack to a copy of it, print who named it. 0 only where every expected
    catch happened, and the untouched record raised no alarm; else 2."""
    with tempfile.TemporaryDirectory(prefix="openfloor-tamper-") as name:
        folder = Path(name)
        record = await records.hold(folder / "record")
        say(
            f"A meeting of {len(record.questions)} questions was held: {record.size} entries in its log."
        )
        say("A script with every right, the log's key included, now does to copies of it:\n")
        calm = await _nothing_done(record, folder / "calm")
        found: list[Caught] = []
        for n, attack in enumerate(attacks):
            place = folder / f"attack-{n}"
            place.mkdir()
            done = attack.carry_out(record, place)
            found.append(Caught(attack, await judged(record, done, attack.concerns, place)))
        _table(found, say)
        only = [one.attack.name for one in found if one.only()]
        say(LEGEND)
        for one in only:
            say(f"  {one}")
        if not calm:
            say("The record that nobody touched raised an alarm: this table proves nothing.")
        right = calm and all(one.as_expected() for one in found)
        say(
            f"\n{sum(one.as_expected() for one in found)} of {len(found)} attacks were caught as expected."
        )
        return 0 if right else 2
