"""Runs the load generator in a process of its own, on the core that the server does not use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.bench import machine
from tools.bench.product import ROOT, BenchFailed, Product, Stage

SOURCE = Path(__file__).with_name("load.c")
VOTE = np.dtype(
    [
        ("intended", "f8"),
        ("sent", "f8"),
        ("acked", "f8"),
        ("seen", "f8"),
        ("client", "i4"),
        ("question", "i4"),
        ("votes", "i4"),
        ("refused", "i4"),
    ]
)
BOUND_CPU = 0.9  # of a core: above this the generator itself may be what is slow
BOUND_LATE_MS = 25.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the clients do. `raw` clients only listen; `hellos` counts them all the same."""

    port: int
    path: str
    origin: str
    hellos: Sequence[str]
    rate: int = 0
    warm: int = 2
    seconds: int = 10
    joins: int = 500
    questions: int = 0
    raw: bool = False
    grace: int = 5

    @classmethod
    def at(cls, up: Product, stage: Stage, rate: int, seconds: int, warm: int = 2) -> Plan:
        """All attendees of `stage` vote at its questions, `rate` votes a second together."""
        return cls(
            port=up.port,
            path=f"/live/{stage.meeting.slug}",
            origin=up.origin,
            hellos=stage.hellos(up.secret),
            rate=rate,
            warm=warm,
            seconds=seconds,
            questions=stage.questions,
        )

    def text(self) -> str:
        """The file that the generator reads."""
        lines = [
            "host 127.0.0.1",
            f"port {self.port}",
            f"path {self.path}",
            f"hosthdr {self.origin.partition('//')[2]}",
            f"origin {self.origin}",
        ]
        for name in ("rate", "warm", "seconds", "joins", "questions", "grace"):
            lines.append(f"{name} {getattr(self, name)}")
        lines.append(f"raw {int(self.raw)}")
        return "\n".join([*lines, *(f"hello {hello}" for hello in self.hellos)]) + "\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What the generator saw. Times of votes are seconds of one clock; 0 means never."""

    told: Mapping[str, float]
    codes: Mapping[str, int]
    votes: NDArray[np.void]
    joins_s: NDArray[np.float64]
    seconds: int
    used: Mapping[str, float]

    def window(self) -> NDArray[np.void]:
        """The votes whose intended time lies in the measured window."""
        at = self.votes["intended"]
        chosen: NDArray[np.void] = self.votes[
            (at >= self.told["window_from"]) & (at < self.told["window_to"])
        ]
        return chosen

    def cores(self, name: str) -> float:
        """How much of a core a process used in the window."""
        return self.used[name] / self.seconds

    def late_ms(self) -> float:
        """p99 of how late the generator itself sent."""
        votes = self.window()
        sent = votes[votes["sent"] > 0]
        if not len(sent):
            return 0.0
        return float(np.percentile(sent["sent"] - sent["intended"], 99) * 1000)

    def bound(self) -> bool:
        """True when the generator may have been the bottleneck: such a point is not claimed."""
        return self.told["cpu"] / self.seconds > BOUND_CPU or self.late_ms() > BOUND_LATE_MS


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc")


@contextmanager
def compiled() -> Iterator[list[str]]:
    """The command that runs a generator: C where a compiler is, else Python."""
    found = compiler()
    if found is None:
        yield [sys.executable, "-m", "tools.bench.load"]
        return
    with tempfile.TemporaryDirectory(prefix="openfloor-load-") as folder:
        binary = str(Path(folder) / "load")
        subprocess.run([found, "-O2", "-o", binary, str(SOURCE)], check=True)
        yield [binary]


def run(
    command: list[str],
    plan: Plan,
    cores: machine.Cores,
    cpu: Callable[[], dict[str, float]],
    ready: Callable[[], None] = lambda: None,
) -> Load:
    """Play the plan. `cpu` is asked at the window's start and end, `ready` called once all joined."""
    with tempfile.TemporaryDirectory(prefix="openfloor-plan-") as folder:
        file, out = Path(folder) / "plan", Path(folder) / "votes"
        file.write_text(plan.text())
        process = subprocess.Popen(
            [*command, str(file), str(out)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        machine.pin(process.pid, cores.others)
        last, before, after = "", {}, {}
        assert process.stdout is not None
        for line in process.stdout:
            last = line.strip()
            if last.startswith("joined"):
                ready()
            elif last == "window-start":
                before = cpu()
            elif last == "window-end":
                after = cpu()
        if process.wait() != 0:
            raise BenchFailed("The load generator failed; its message is above.")
        told = json.loads(last)
        codes = told.pop("codes")
        used = {name: after[name] - before[name] for name in after}
        votes = np.fromfile(out, dtype=VOTE)
        joins = np.fromfile(f"{out}.joins", dtype=np.float64)
        return Load(told, codes, votes, joins, plan.seconds, used)
