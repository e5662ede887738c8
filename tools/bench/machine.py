"""The machine under the bench: which core does what, how much each process used, how busy it is."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the server under test, and the one that everything else shares."""

    server: int
    others: int

    def words(self) -> str:
        """For the report."""
        if self.server == self.others:
            return "one core only: server, store and load generator share it"
        return (
            f"server alone on core {self.server}; store, its companions and the load generator"
            f" share core {self.others}"
        )


def cores() -> Cores:
    """The first two cores that this process may use."""
    found = sorted(os.sched_getaffinity(0))
    return Cores(found[0], found[min(1, len(found) - 1)])


def pin(pid: int, core: int) -> None:
    """Keep all threads of a process on one core. What has ended meanwhile, a job's own process say, is let
    be."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in (Path("/proc") / str(pid) / "task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(task.name), {core})


def raise_open_files() -> int:
    """Allow as many open files as the system lets us; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kb(pid: int) -> int:
    """Memory of a process in KB, its own pages."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("the kernel names the Pss of every process")


def children(pid: int) -> dict[int, str]:
    """Process id -> command line of all that descend from `pid`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    return {child: _command(child) for child in _below(pid, parents)}


def _below(pid: int, parents: dict[int, int]) -> Iterable[int]:
    for child, parent in parents.items():
        if parent == pid:
            yield child
            yield from _below(child, parents)


def _command(pid: int) -> str:
    try:
        return (
            (Path("/proc") / str(pid) / "cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("latin-1")
        )
    except OSError:
        return ""


def busy() -> str:
    """The load of the last minute, for judging how quiet the machine was."""
    return f"{os.getloadavg()[0]:.1f}"


def words() -> str:
    """Machine and versions in one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return (
        f"{len(os.sched_getaffinity(0))} cores ({model}), {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}"
    )
