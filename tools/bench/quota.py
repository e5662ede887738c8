"""A share of a core for one process, as the kernel's control groups give it (root, cgroup v1 or v2).

So that the server is what saturates and not the generator, and others on the machine move it less.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

PERIOD_US = 20_000
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextlib.contextmanager
def at_most(pid: int, share: float) -> Iterator[bool]:
    """While inside `pid` gets at most `share` of a core; False where the system does not let us, and
    nothing is changed. The group is removed on leaving."""
    folder = _group(share)
    if folder is None:
        yield False
        return
    try:
        (folder / "cgroup.procs").write_text(str(pid))
        yield True
    finally:
        with contextlib.suppress(OSError):  # a process that has ended is in no group
            (folder.parent / "cgroup.procs").write_text(str(pid))
        folder.rmdir()


def _group(share: float) -> Path | None:
    quota = int(share * PERIOD_US)
    for root, files in (
        (V1, {"cpu.cfs_period_us": f"{PERIOD_US}", "cpu.cfs_quota_us": f"{quota}"}),
        (V2, {"cpu.max": f"{quota} {PERIOD_US}"}),
    ):
        if not os.access(root, os.W_OK) or not (root / "cgroup.procs").exists():
            continue
        folder = Path(tempfile.mkdtemp(prefix="openfloor-bench-", dir=root))
        try:
            for name, value in files.items():
                (folder / name).write_text(value)
        except OSError:  # read-only, or the controller is not handed down
            folder.rmdir()
            continue
        return folder
    return None
