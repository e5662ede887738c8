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
        tokens, passed = self._tokens, now - self._at
        if passed > 0:  # a clock that steps back must not take tokens away
            tokens += passed * self._per_ms
            if tokens > self._burst:
                tokens = self._burst
        self._at = now
        if tokens >= 1:
            self._tokens = tokens - 1
            return 0.0
        self._tokens = tokens
        return (1 - tokens) / self._per_ms / 1000
