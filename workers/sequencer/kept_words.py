"""Words that lie in a log's folder: `opening/NAME.json` and `rules/SHA256`, as an archive.zip holds them.
Each is held against its commitment or hash before anybody believes it. Blocking."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from server.translog import leaf
from server.translog.strict import Json

DRAWN = (
    "screened-out.json",
    "screened-out.csv",
)  # an archive's too; here they are drawn for who asks


def opening(folder: Path, name: str, commitment: str) -> tuple[str, Mapping[str, Json]] | None:
    """(salt, what was opened) of a question or a commitment; None where it is not there or another's."""
    try:
        told = json.loads((folder / "opening" / f"{name}.json").read_bytes())
        salt, text = str(told["salt"]), str(told["opening"])
        if leaf.commitment(bytes.fromhex(salt), text.encode()) != commitment:
            return None
        opened = json.loads(text)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return salt, opened


def forget(folder: Path, erased: Collection[str]) -> bool:
    """Remove what lies there of these questions, and beside them: the log holds their erasure. False where
    the system would not let us read or remove all of it."""
    if not erased:
        return True
    paths = _lying(folder)
    gone = [paths is not None]
    for path in paths or ():
        try:
            told = path.name + path.read_text(errors="replace")
        except OSError:
            told = path.name
            gone.append(False)  # nobody can tell whose words these are
        if any(q in told for q in erased):
            gone.append(_unlinked(path))
    return all([*gone, *(_unlinked(folder / name) for name in DRAWN)])


def are_in(folder: Path) -> bool:
    """True where words of an archive lie in this folder."""
    return any((folder / name).exists() for name in ("opening", *DRAWN))


def removing(folder: Path) -> Iterator[bool]:
    """Remove all of them, one after the other: an erasure must not have to look for words in two places.
    False for each that the system would not remove."""
    for path in [*(_lying(folder) or ()), *(folder / name for name in DRAWN)]:
        yield _unlinked(path)
    try:
        (folder / "opening").rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        yield False


def _lying(folder: Path) -> list[Path] | None:
    """The openings that lie there; None where nobody may look."""
    try:
        return list((folder / "opening").iterdir())
    except FileNotFoundError:
        return []
    except OSError:
        return None


def _unlinked(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def documents(folder: Path) -> dict[str, str]:
    """Policies, reason lists, settings and rosters by their hash."""
    found: dict[str, str] = {}
    for path in (folder / "rules").glob("*"):
        data = path.read_bytes()
        if leaf.sha256_hex(data) == path.name:
            found[path.name] = data.decode()
    return found


def tallies(folder: Path, n: int, at: int) -> tuple[str, list[tuple[str, int]]]:
    """What the store keeps of the n-th tick, frozen at `at` (ms), and its ranking; empty where the file
    is gone."""
    try:
        told = json.loads((folder / "ticks" / f"{n}.json").read_bytes())
        ranking = [(str(q), int(votes)) for q, votes in told["ranking"]]
        held = {"at": str(at), "eligible": told["eligible"], "active": told["active"]}
    except (OSError, ValueError, KeyError, TypeError):
        held, ranking = {"at": str(at), "eligible": 0, "active": 0}, []
    return json.dumps({**held, "ranking": ranking}), ranking
