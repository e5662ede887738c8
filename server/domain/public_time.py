"""Times as the public sees them: before the meeting went live only their day (UTC), so that a time of
day does not give away an office. Pure.

A time on the very boundary of a UTC day stands for that day: readers show it without a time of day.
"""

from __future__ import annotations

DAY_MS = 86_400_000


def public_at(at: int, live_at: int | None) -> int:
    """`at` (epoch ms) as everybody may see it: exact from `live_at` on, else the start of its day.

    A question of before the meeting keeps its day for good: going live later reveals nothing.
    """
    if live_at is not None and at >= live_at:
        return at
    return at - at % DAY_MS


def is_day(at: int) -> bool:
    """True where a public time stands for a whole day."""
    return at % DAY_MS == 0
