"""A verifier that is not ours, in an environment of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PINNED = "proofbundle==6.3.1"


def verifier() -> Path:
    """The command, installed on first use into a cache folder; a visible skip where it cannot be. One test
    process installs it while those beside it wait: half of it would refuse everything."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openfloor-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / PINNED.replace("==", "-")
    command = folder / "bin" / "proofbundle"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not command.exists():
            _install(folder)
    return command


def _install(folder: Path) -> None:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", PINNED]
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=60)
        subprocess.run(pip, check=True, timeout=120, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"{PINNED} cannot be installed here: {type(error).__name__}")


def accepts(
    folder: Path, leaf: bytes, vkey: str, origin: str, proof: str, witnesses: tuple[str, ...] = ()
) -> bool:
    """True when the verifier accepts this leaf with this proof file; False when it says no."""
    (folder / "leaf.json").write_bytes(leaf)
    (folder / "it.tlog-proof").write_text(proof)
    command = [str(verifier()), "verify-proof", "--payload-file", str(folder / "leaf.json")]
    command += ["--log-vkey", vkey, "--expected-origin", origin]
    for witness in witnesses:
        command += ["--witness-vkey", witness]
    if witnesses:
        command += ["--threshold", str(len(witnesses))]
    done = subprocess.run(
        [*command, str(folder / "it.tlog-proof")], capture_output=True, text=True, timeout=300
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0
