"""What the log tells of time (docs/log.md, "Timing"): stamps in days or seconds, and gates. Pure.

Before a meeting is live, leaves carry the UTC day and are served only at gates, so that who watches
the record cannot tell when one question came. From `live` on: seconds, and at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.translog.strict import Json

DAY_S = 86_400
GATE_S = 3_600
GATE_LEAVES = 5
PRECISE = frozenset({"live", "closed", "archived"})


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Where one log stands: precise or not, the last stamp, what is served, and since which gate."""

    precise: bool = False
    last_at: int = 0
    size: int = 0
    served: int = 0
    gate_at: int = 0
    window_ended: bool = False


def stamp(clockwork: Clockwork, now_s: int, precise: bool) -> int:
    """The `at` of the next leaf: never before the last one, also where the clock went back."""
    at = now_s if precise else now_s - now_s % DAY_S
    return max(at, clockwork.last_at)


def turns_precise(kind: str, fields: Mapping[str, Json]) -> bool:
    """True for the leaf from which on, itself included, stamps are seconds."""
    return kind in ("log.open", "m.phase") and fields.get("phase") in PRECISE


def ends_window(kind: str, fields: Mapping[str, Json]) -> bool:
    """True for a leaf that is itself a gate: a new phase, or a window that the clock opened or closed.

    Neither depends on anything that an asker did.
    """
    return kind == "m.phase" or (kind == "m.rule" and fields.get("what") == "windows")


def appended(
    clockwork: Clockwork, kind: str, fields: Mapping[str, Json], now_s: int
) -> tuple[int, Clockwork]:
    """The next leaf's `at`, and where the log stands behind it."""
    precise = clockwork.precise or turns_precise(kind, fields)
    at = stamp(clockwork, now_s, precise)
    after = replace(
        clockwork,
        precise=precise,
        last_at=at,
        size=clockwork.size + 1,
        window_ended=clockwork.window_ended or ends_window(kind, fields),
    )
    return at, after


def opens_at_once(clockwork: Clockwork) -> bool:
    """True when new leaves are to be served without waiting for an hour: live, the opening leaf, and
    at the end of a window."""
    open_now = clockwork.precise or clockwork.window_ended or clockwork.served == 0
    return clockwork.size > clockwork.served and open_now


def is_gate(clockwork: Clockwork, now_s: int) -> bool:
    """True when all leaves are to be served now.

    Live: whenever there are new ones. Before: the opening leaf; at each new hour of the clock with
    at least GATE_LEAVES new ones; at the end of a window.
    """
    if opens_at_once(clockwork):
        return True
    waiting = clockwork.size - clockwork.served
    return now_s // GATE_S > clockwork.gate_at // GATE_S and waiting >= GATE_LEAVES


def served(clockwork: Clockwork, now_s: int) -> Clockwork:
    """Where the log stands once everything in it is served."""
    return replace(clockwork, served=clockwork.size, gate_at=now_s, window_ended=False)
