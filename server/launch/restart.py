"""`./openfloor restart`: new processes for a running deployment, one after the other."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from server.launch import embedded
from server.launch.address import CannotRun
from server.launch.embedded import StoreUnavailable

DONE_S = 300.0  # sixteen servers that start slowly


def _told(data: Path) -> dict[str, int]:
    try:
        found = json.loads((data / "run.json").read_text())
        return {name: int(found[name]) for name in ("pid", "turn", "done")}
    except (OSError, ValueError, KeyError):
        raise CannotRun(f"Nothing runs on {data}.") from None


def restart(data: Path) -> None:
    """Return when each process of the run on this data folder but the store and the parent is a new
    one, of the code that lies here now. CannotRun in words where nothing runs, or a new server does
    not start: then the old ones go on."""
    if not data.is_dir():
        raise CannotRun(f"Nothing runs on {data}.")
    try:
        os.close(embedded.own(data))
    except StoreUnavailable:
        pass  # its parent holds the lock, as it should
    else:
        raise CannotRun(f"Nothing runs on {data}.")
    before = _told(data)
    os.kill(before["pid"], signal.SIGUSR1)
    deadline = time.monotonic() + DONE_S
    while time.monotonic() < deadline:
        now = _told(data)
        if now["turn"] > before["turn"] and now["done"]:
            return
        if now["turn"] > before["turn"]:
            break
        time.sleep(0.1)
    raise CannotRun(
        "Not everything was replaced. What `run` printed says why; it goes on as it was."
    )
