"""The turnstile before the door: who would be over the joins' limit gets a place, and is let in at its time.

A place is a reservation of the token that will be there then, so nobody who waits is overtaken. It is
written on a signed slip: another process, or this one started anew, honours it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from math import ceil

BURST_MS = 1_000  # so much may be saved up, as at the door itself
GRACE_MS = 30_000  # a place is kept so long after its time, for whose network is slow
LONGEST = 100_000  # people who wait at one process; beyond, it is no use to wait
SOONEST_S = 1.0  # between two questions for the place, where its time is not nearer
SET_BACK_MS = 1_000  # a clock that is so much earlier than before was set anew
SHARE = 0.9  # of the door's joins: who was let in here finds a token there, too
PARTS = 3  # a third of the way: however long the wait, few questions


@dataclass(frozen=True, slots=True)
class Place:
    """Number among those who wait (1 is next), seconds until its turn, seconds until asking again."""

    number: int
    wait_s: float
    again_s: float
    slip: str


class Turnstile:
    """Times are epoch milliseconds. Bounded: places that nobody takes up are forgotten.

    `per_s` is what the door admits a second; a little less is let through. A clock that is set back
    begins a new queue: places of a time to come would keep everybody waiting until then.
    """

    def __init__(self, per_s: int, secret: bytes) -> None:
        self._per_s = per_s * SHARE
        self._secret = secret
        self._asked = 0  # when somebody asked last
        self._last = 0.0  # the time of the last place given
        self._held: dict[str, float] = {}
        self._used: dict[str, float] = {}  # places taken up, while their slips still stand

    def ask(self, who: str, slip: str, now: int) -> Place | None:
        """None when `who` may come in now, else their place. Raises Overrun where too many wait.

        Asking again, with the slip or without, never loses the place, nor gains a second one. A slip
        lets in once at each process.
        """
        self._forget(now)
        known = self._known(who, slip, now)
        due = self._reserve(now) if known is None else known
        if due <= now:
            self._held.pop(who, None)
            if known is not None:
                self._used.pop(who, None)  # to the end of the order
                self._used[who] = due
            return None
        self._held[who] = due
        wait_s = (due - now) / 1000
        again_s = min(wait_s, max(SOONEST_S, wait_s / PARTS))
        number = ceil(round(wait_s * self._per_s, 3))
        return Place(number, wait_s, again_s, self._slip(who, int(due)))

    def _reserve(self, now: int) -> float:
        due = max(self._last, now - BURST_MS) + 1000 / self._per_s
        if (due - now) * self._per_s / 1000 > LONGEST:
            raise Overrun
        self._last = due
        return due

    def _known(self, who: str, slip: str, now: int) -> float | None:
        due = self._held.get(who)
        if due is not None:
            return due
        written = slip.partition(".")[0]
        if not (written.isascii() and written.isdigit() and len(written) < 16):
            return None
        if not hmac.compare_digest(slip.encode(), self._slip(who, int(written)).encode()):
            return None
        due = float(written)
        # One that nobody could have been given yet was written by a clock that ran ahead.
        longest = now + LONGEST * 1000 / self._per_s
        return due if max(now - GRACE_MS, self._used.get(who, 0.0)) < due <= longest else None

    def _slip(self, who: str, due: int) -> str:
        return f"{due}.{hmac.digest(self._secret, f'place|{who}|{due}'.encode(), 'sha256').hex()}"

    def _forget(self, now: int) -> None:
        if now < self._asked - SET_BACK_MS:
            self._last = 0.0
            self._held.clear()
            self._used.clear()
        self._asked = now
        # Nearly in the order of their times: one that stands behind a later one goes a little later.
        for places in (self._held, self._used):
            while places and places[first := next(iter(places))] <= now - GRACE_MS:
                del places[first]


class Overrun(Exception):
    """So many wait that one more would wait for minutes."""
