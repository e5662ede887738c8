"""The attacks, one after another: what is served afterwards, and who is expected to name it."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.translog import leaf
from server.translog.checkpoint import meeting_of
from tools.demo.tamper.forging import changed, note_of, relinked, serve
from tools.demo.tamper.record import Record

APPEALED, LATE = 5, 6  # by public number
RECEIPT, AUDIT, SAVED, WITNESS, SEQUENCER = "receipt", "audit", "saved", "witness", "sequencer"


@dataclass(frozen=True, slots=True)
class Tampered:
    """What is served afterwards; and the data folder that its sequencer would start on, or None where
    the script did without it."""

    served: Path
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack, on these questions (by number): their askers hold receipts. `caught` is who names it,
    with a word that each must say."""

    name: str
    carry_out: Callable[[Record, Path], Tampered]
    concerns: tuple[int, ...]
    caught: dict[str, str]


def _of(record: Record, n: int, kind: str) -> int:
    """The index of the entry of this type of the n-th question."""
    q = record.questions[n - 1]
    return next(
        at
        for at, data in enumerate(record.leaves)
        if leaf.parse(data).q == q and leaf.parse(data).kind == kind
    )


def _data(record: Record, to: Path) -> Path:
    shutil.copytree(record.data, to / "data")
    shutil.copytree(record.folder / "data-keys", to / "data-keys")
    return to / "data"


def delete_in_database(record: Record, to: Path) -> Tampered:
    """Take a question's rows out of the database, and serve what is left."""
    data, q = _data(record, to), record.questions[0]
    with sqlite3.connect(data / "log" / "leaves.sqlite3") as db:
        db.execute("DELETE FROM leaves WHERE q=?", (q,))
    db.close()
    served = to / "served"
    shutil.copytree(record.folder / "honest", served)
    (bundle,) = (served / "tile" / "entries").glob("*.p/*")
    kept = [one for one in record.leaves if leaf.parse(one).q != q]
    bundle.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in kept))
    return Tampered(served, data)


def delete_and_sign(record: Record, to: Path) -> Tampered:
    """Rebuild the whole log as if the question had never come, and sign it."""
    kept = [one for one in record.leaves if leaf.parse(one).q != record.questions[0]]
    return Tampered(serve(record, to / "served", relinked(kept)))


def change_text(record: Record, to: Path) -> Tampered:
    """Change the words of a question where they are kept."""
    served = to / "served"
    shutil.copytree(record.folder / "honest", served)
    path = served / "opening" / f"{record.questions[1]}.json"
    told = path.read_text()
    if "canteen" not in told:
        raise AssertionError("the demonstration's own text is not where it was put")
    path.write_text(told.replace("canteen", "cantina"))
    return Tampered(served)


def _change_words(record: Record, to: Path, kind: str, old: str, new: str) -> Tampered:
    """Change words beside a question where they are kept, and draw all that shows them anew."""
    c = json.loads(record.leaves[_of(record, APPEALED, kind)])["note"]
    path = f"opening/{c}.json"
    told = (record.folder / "honest" / path).read_bytes()
    if old.encode() not in told:
        raise AssertionError("the demonstration's own words are not where they were put")
    words = {path: told.replace(old.encode(), new.encode())}
    return Tampered(serve(record, to / "served", record.leaves, words))


def change_appeal(record: Record, to: Path) -> Tampered:
    """Make an asker's appeal say something else."""
    return _change_words(record, to, "q.appeal", "names nobody", "names everybody")


def change_note(record: Record, to: Path) -> Tampered:
    """Make a moderator's public note say something else than what was written with the decision."""
    return _change_words(record, to, "q.screen", "names a colleague", "is not our subject")


def change_text_and_sign(record: Record, to: Path) -> Tampered:
    """Change the words and all that vouches for them: commitment, entry, tree, signature."""
    q, salt = record.questions[1], secrets.token_bytes(leaf.SALT_BYTES)
    meeting = meeting_of(record.log)
    opened = leaf.opening(meeting, q, "Is the canteen not wonderful?", "en", None)
    leaves = list(record.leaves)
    at = _of(record, 2, "q.received")
    leaves[at] = changed(leaves[at], c=leaf.commitment(salt, opened))
    told = leaf.canonical({"opening": opened.decode(), "salt": salt.hex()})
    words = {f"opening/{q}.json": told}
    return Tampered(serve(record, to / "served", leaves, words))


def reorder_and_sign(record: Record, to: Path) -> Tampered:
    """Let a decision stand before another that was first: swap two, mend all references, sign."""
    leaves, one, other = list(record.leaves), _of(record, 1, "q.list"), _of(record, 4, "q.list")
    at = [json.loads(leaves[place])["at"] for place in (one, other)]
    leaves[one], leaves[other] = (
        changed(leaves[other], at=at[0]),
        changed(leaves[one], at=at[1]),
    )
    return Tampered(serve(record, to / "served", relinked(leaves)))


def fake_withdrawal(record: Record, to: Path) -> Tampered:
    """Let an asker's question be withdrawn that only its asker can withdraw."""
    template = json.loads(record.leaves[-1])
    body: dict[str, leaf.Json] = {"v": 1, "t": "q.withdraw", "q": record.questions[3]}
    body |= {"at": template["at"], "ref": _of(record, 4, "q.list"), "pre": secrets.token_hex(32)}
    return Tampered(serve(record, to / "served", [*record.leaves, leaf.canonical(body)]))


def restore_data(record: Record, to: Path) -> Tampered:
    """Put last night's data folder back, the key's folder as it is, and start."""
    shutil.copytree(record.backup / "data", to / "data")
    shutil.copytree(record.folder / "data-keys", to / "data-keys")
    served = to / "served"
    shutil.copytree(record.folder / "honest", served)  # the sequencer must refuse to move it
    return Tampered(served, to / "data")


def restore_everything(record: Record, to: Path) -> Tampered:
    """Put last night's data and key folders back; what it signed since is forgotten here."""
    shutil.copytree(record.backup / "data", to / "data")
    shutil.copytree(record.backup / "data-keys", to / "data-keys")
    size = record.size - 2  # the late question, and its listing
    return Tampered(serve(record, to / "served", record.leaves[:size]), to / "data")


def fork(record: Record, to: Path) -> Tampered:
    """Show one visitor another log of the same size, as well signed as the first."""
    leaves, at = list(record.leaves), _of(record, 3, "q.screen")
    body = json.loads(leaves[at])
    listing = {"v": 1, "t": "q.list", "q": body["q"], "by": body["by"], "at": body["at"]}
    leaves[at] = leaf.canonical({**listing, "ref": body["ref"]})
    served = serve(record, to / "served", leaves)
    if note_of(record, leaves) == record.notes[record.size]:
        raise AssertionError("a fork must differ")
    screened = served / "opening" / f"{record.questions[2]}.json"
    if not screened.exists():
        raise AssertionError("the screened question's text is public")
    return Tampered(served)


def other_page(record: Record, to: Path) -> Tampered:
    """Leave the log alone, and publish other states than it gives."""
    served = to / "served"
    shutil.copytree(record.folder / "honest", served)
    path = served / "public.json"
    told = path.read_bytes()
    path.write_bytes(told.replace(b'"state":"screened_out"', b'"state":"withdrawn"'))
    if path.read_bytes() == told:
        raise AssertionError("nothing was screened out")
    return Tampered(served)


ATTACKS = (
    Attack(
        "delete a question in the database",
        delete_in_database,
        (1,),
        {AUDIT: "A3", SEQUENCER: "leaves"},
    ),
    Attack(
        "delete it, rebuild the log, sign",
        delete_and_sign,
        (1,),
        {RECEIPT: "A10", SAVED: "A2", WITNESS: "ahead"},
    ),
    Attack("change a text where it is kept", change_text, (2,), {AUDIT: "A8"}),
    Attack("change an appeal's text", change_appeal, (APPEALED,), {AUDIT: "A8"}),
    Attack("change a decision's note", change_note, (APPEALED,), {AUDIT: "A8"}),
    Attack(
        "change a text, rebuild the log, sign",
        change_text_and_sign,
        (2,),
        {RECEIPT: "A10", SAVED: "A2", WITNESS: "fork"},
    ),
    Attack(
        "reorder decisions, rebuild, sign", reorder_and_sign, (1, 4), {SAVED: "A2", WITNESS: "fork"}
    ),
    Attack("fake a withdrawal", fake_withdrawal, (4,), {AUDIT: "A5"}),
    Attack(
        "restore an old backup of the data",
        restore_data,
        (LATE,),
        {SEQUENCER: "older than what it signed"},
    ),
    Attack(
        "restore data and keys",
        restore_everything,
        (LATE,),
        {RECEIPT: "A10", SAVED: "A2", WITNESS: "ahead"},
    ),
    Attack("fork the log for one visitor", fork, (3,), {SAVED: "A2", WITNESS: "fork"}),
    Attack("serve another page", other_page, (3,), {AUDIT: "A7"}),
)
