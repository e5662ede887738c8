"""One log as it is witnessed: the head that is fed now, the lines it got, what is written of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.audit.findings import Unreadable
from server.audit.sources import Folder, tile_of
from server.translog import checkpoint, tile, tree, witness
from server.translog.checkpoint import Checkpoint
from server.translog.note import NoteError, VerifierKey
from server.translog.policy import Policy
from server.translog.tile import Tile
from workers.feeder.member import Member
from workers.sequencer.files import Files

REFRESH_S = 60.0
GAP_S = 1.0
Line = tuple[str, int]


@dataclass(slots=True)
class Witnessed:
    """The newest head that a quorum cosigned: how far, by whom, and the oldest time among them."""

    size: int = 0
    at: int = 0
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Watched:
    """A log's folder. Nothing is read here that is not published: gates hold by themselves."""

    id: str
    files: Files
    key: VerifierKey
    policy: Policy
    note: str = ""
    since: float = 0.0
    asked: float = 0.0
    lines: dict[str, Line] = field(default_factory=dict)
    got: dict[str, float] = field(default_factory=dict)
    witnessed: Witnessed = field(default_factory=Witnessed)
    told: str = ""

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.files.folder / self.id

    def head(self) -> Checkpoint:
        """The head that is fed; NoteError where the note is not this log's."""
        return checkpoint.verified(self.note, self.key).checkpoint

    def look(self, now: float) -> bool:
        """Take up the newest published head. True when there is something to ask for: a new head, a
        witness that has not cosigned it, or cosignatures that grow old beside a head that stands."""
        if now - self.asked < GAP_S:
            return False
        note = (self.folder / "checkpoint").read_text()
        if note != self.note:
            self.note, self.since, self.lines, self.got = note, now, {}, {}
        return any(self._is_due(name, now) for name in self.policy.urls)

    def _is_due(self, name: str, now: float) -> bool:
        # The older a head that stands, the seldomer: a closed meeting asks for next to nothing.
        patience = max(REFRESH_S, (now - self.since) / 4)
        return name not in self.got or now - self.got[name] > patience

    def missing(self, members: Sequence[Member], now: float) -> list[Member]:
        """Who is to be asked for this head now."""
        due = [member for member in members if self._is_due(member.name, now)]
        return [member for member in due if not member.rests(self.key.name, now)]

    def proof(self, old: int) -> list[bytes]:
        """The consistency proof from an older size to the head, out of the published tiles."""
        source, size = Folder(self.folder), self.head().size

        def read(wanted: Tile) -> bytes:
            data = tile_of(source, wanted)
            if data is None:
                raise Unreadable(f"{wanted.path()} is missing")
            return data

        return tree.consistency_proof(old, size, tile.node_from(read, size))

    def add(self, name: str, line: Line, now: float) -> None:
        """Keep a verified line; where the quorum is met the witnessed checkpoint is written."""
        self.lines[name], self.got[name] = line, now
        keys = [self.policy.witnesses[one] for one in self.lines]
        if self.policy.quorum == "none" or not self.policy.met_by(keys):
            return
        note = witness.cosigned_note(self.note, [text for text, _ in self.lines.values()])
        self.files.write([(f"{self.id}/checkpoint.witnessed", note.encode())])
        at = min(time for _, time in self.lines.values())
        self.witnessed = Witnessed(self.head().size, at, tuple(self.lines))

    def tell(self, members: Sequence[Member]) -> None:
        """Write down for the pages how this log is witnessed; nothing where nothing changed."""
        origin = self.key.name
        troubles = {m.name: m.troubles[origin].value for m in members if origin in m.troubles}
        held = self.witnessed
        status = {
            "v": 1,
            "size": held.size,
            "at": held.at,
            "by": sorted(held.by),
            "of": len(self.policy.urls),
            "troubles": dict(sorted(troubles.items())),
        }
        told = json.dumps(status, sort_keys=True)
        if told != self.told:
            self.files.write([(f"{self.id}/witnesses.json", told.encode())])
            self.told = told


def opened(log: str, files: Files, policy: Policy) -> Watched:
    """A log as an earlier feeder left it; NoteError or OSError where it has no key yet."""
    key = VerifierKey.parse((files.folder / log / "vkey").read_text().strip())
    found = Watched(log, files, key, policy)
    names = {one: name for name, one in policy.witnesses.items()}
    try:
        note = (files.folder / log / "checkpoint.witnessed").read_bytes()
        signed = checkpoint.verified(note, key, tuple(policy.witnesses.values()))
    except (OSError, NoteError):
        return found
    if signed.witnesses and policy.met_by(signed.witnesses):
        by = tuple(names[one] for one in signed.witnesses)
        size, at = signed.checkpoint.size, min(signed.witnesses.values())
        found.witnessed = Witnessed(size, at, by)
    return found
