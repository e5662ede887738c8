"""What an audit leaves on the disk: the signatures for the next one, and the evidence."""

from __future__ import annotations

import json
from pathlib import Path

from server.audit.findings import Findings, Grade

SAVED_MOST = 1_000


def notes(state: Path | None, name: str) -> list[str]:
    """The signatures of one kind that a state file holds; ValueError where it is none of ours."""
    if state is None or not state.exists():
        return []
    try:
        held = json.loads(state.read_text())
    except ValueError:
        held = None
    found = held.get(name, []) if isinstance(held, dict) else None
    if not isinstance(found, list):
        raise ValueError(f"{state} is not a file of this auditor's making")
    return [str(note) for note in found]


def remember(state: Path, name: str, note: str) -> None:
    """Put a signature into the state file, whole or not at all."""
    held = json.loads(state.read_text()) if state.exists() else {}
    known = held.get(name, [])
    if note not in known:
        held[name] = [*known, note][-SAVED_MOST:]
        part = state.with_name(f"{state.name}.tmp")
        part.write_text(json.dumps(held, indent=1, ensure_ascii=False))
        part.replace(state)


def write_evidence(path: Path, name: str, head: str | None, findings: Findings) -> None:
    """All that speaks against the log, with the checkpoint that it signed."""
    found = [one for one in findings.all if one.grade is Grade.EVIDENCE]
    told = [{"check": one.check, "says": one.says, "proof": one.proof} for one in found]
    whole = {"log": name, "checkpoint": head, "evidence": told}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False))
