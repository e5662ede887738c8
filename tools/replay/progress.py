"""A plain progress bar on stderr: redrawn on a terminal, one line for each tenth elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass

WIDTH = 30


@dataclass(slots=True)
class Progress:
    """Counts steps towards `total`."""

    label: str
    total: int
    done: int = 0
    _shown: int = -1

    def step(self) -> None:
        """One more is done; draws when the percentage has moved."""
        self.done += 1
        percent = 100 * self.done // max(1, self.total)
        terminal = sys.stderr.isatty()
        mark = percent if terminal else percent // 10 * 10
        if mark == self._shown:
            return
        self._shown = mark
        bar = "#" * (WIDTH * percent // 100)
        end = "\n" if not terminal or percent == 100 else ""
        start = "\r" if terminal else ""
        line = f"{start}{self.label} [{bar:<{WIDTH}}] {self.done}/{self.total}"
        print(line, end=end, file=sys.stderr, flush=True)
