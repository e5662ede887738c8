"""`./openfloor` as somebody calls it from another folder, with almost nothing in the environment."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import sys
from pathlib import Path

from tests.launch.running import ROOT, Run

LINKED = ("server", "workers", "tools", "frontend", "hypercorn.toml")


def a_clone(folder: Path) -> Path:
    """A clone whose environment stands already: the script finds nothing to install."""
    (folder / ".venv").mkdir(parents=True)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith(".stamp"):
            (folder / ".venv" / part.name).symlink_to(part)
    for name in ("openfloor", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    lock = hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    stamp = f"Python {platform.python_version()} {lock}"
    (folder / ".venv" / ".stamp-requirements.lock").write_text(stamp)
    return folder


def test_a_run_keeps_its_data_where_the_caller_stands_and_ends_with_the_terminal(
    tmp_path: Path,
) -> None:
    clone, home, elsewhere = a_clone(tmp_path / "clone"), tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere, tmp_path / "path", elsewhere / "server"):
        folder.mkdir()
    (tmp_path / "path" / "python3.13").symlink_to(sys.executable)
    (elsewhere / "server" / "__init__.py").write_text("raise SystemExit('not ours')\n")
    environ = {"PATH": f"{tmp_path / 'path'}:{os.environ['PATH']}", "HOME": str(home)}
    words = ["../clone/openfloor", "run", "--port", "0", "--data", "here/data"]
    run = Run((), cwd=elsewhere).start_as(words, environ, "Organiser link")
    try:
        assert run.status("/") == 200
        assert (elsewhere / "here" / "data" / "run.json").exists()
        assert not (clone / "here").exists() and not list(home.iterdir())
        ended = run.stop(signal.SIGHUP)
    finally:
        run.stop()
    assert ended == 0 and not (elsewhere / "here" / "data" / "run.json").exists()
