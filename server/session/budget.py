"""Token buckets in memory: what one person may do how fast, refused before it costs anything."""

from __future__ import annotations


class Budget:
    """`burst` tokens, refilled at `per_s`. Time comes in as epoch milliseconds."""

    __slots__ = ("_at", "_burst", "_per_ms", "_tokens")

    def __init__(self, per_s: float, burst: int, now: int) -> None:
        self._per_ms = per_s / 1000
        self._burst = burst
        self._tokens = float(burst)
        self._at = now

    def take(self, now: int) -> float:
        """0.0 and one token less, or the seconds until one is there (nothing taken)."""
        # A clock that steps back must not take tokens away.
        self._tokens = min(self._burst, self._tokens + max(0, now - self._at) * self._per_ms)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_ms / 1000
