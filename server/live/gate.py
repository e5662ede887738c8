"""Who is read while votes come faster than they are counted.

A socket whose bytes come while the gate is shut is read no further, and those bytes wait. What it says
next stays in the kernel, and soon on its own device: waiting costs us nothing, where an answer to each
vote would cost as much as counting it. Gates open to the longest waiting first, one chunk each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Gate:
    """Bounded by the sockets of the process: a chunk of each waits."""

    __slots__ = ("_waiting", "shut")

    def __init__(self) -> None:
        self.shut = False
        self._waiting: deque[Callable[[], None]] = deque()

    def wait(self, go_on: Callable[[], None]) -> None:
        """`go_on` is called once the gate is open again and those before have been read."""
        self._waiting.append(go_on)

    def open(self) -> None:
        """Read on, in turn, until all are read or what they said shuts the gate again."""
        self.shut = False
        while self._waiting and not self.shut:
            self._waiting.popleft()()
