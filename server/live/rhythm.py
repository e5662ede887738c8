"""How often a node tells: the period widens by itself while the loop lags, votes wait or very many listen.
Pure."""

from __future__ import annotations

WIDER_MS = (500, 1_000, 2_000, 5_000)
LATE_S = 0.1  # a timer that fires later than this: the loop has more to do than it can
MANY = 10_000  # listeners; above, no period below the first wider one
WAITED_S = 0.25  # votes pile up (batcher.py) and wait longer: telling takes what counting needs
CALM_MS = 5_000  # in time for so long before the period narrows again, however wide it is


class Rhythm:
    """The tick's period in ms, never below the one it begins with."""

    def __init__(self, tick_ms: int) -> None:
        self._periods = (tick_ms, *(wider for wider in WIDER_MS if wider > tick_ms))
        self._at = 0
        self._calm_ms = 0

    @property
    def period_ms(self) -> int:
        """The period that is in force, and that the next frame names."""
        return self._periods[self._at]

    def heard(self, late_s: float, listeners: int, waited_s: float = 0.0) -> None:
        """A tick came so late, so many listen, a piled up vote waited so long: one step wider at once,
        narrower after calm."""
        least = 1 if listeners > MANY and len(self._periods) > 1 else 0
        if late_s > LATE_S or waited_s > WAITED_S:
            self._at, self._calm_ms = min(self._at + 1, len(self._periods) - 1), 0
        else:
            self._calm_ms += self.period_ms
            if self._calm_ms >= CALM_MS and self._at > least:
                self._at, self._calm_ms = self._at - 1, 0
        self._at = max(self._at, least)
