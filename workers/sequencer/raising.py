"""Logs on their way up after a start: each is held against its committed root, leaf by leaf, before anything
of it is signed. Short ones at once; long ones some leaves a turn, so that no other log waits for them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring, KeyTrouble
from workers.sequencer.leaves import LeafStore, State
from workers.sequencer.log import Halted, MeetingLog

AT_ONCE = 20_000  # leaves: about a tenth of a second
Risen = tuple[str, MeetingLog | str]  # a meeting, and its log or why it must not be signed on


class Raising:
    """What is on its way. After a fault a log begins anew."""

    def __init__(self, leaves: LeafStore, files: Files, keyring: Keyring) -> None:
        self._leaves, self._files, self._keyring = leaves, files, keyring
        self._rising: dict[str, tuple[MeetingLog, Iterator[None]]] = {}

    @property
    def meetings(self) -> frozenset[str]:
        """The meetings whose logs are on their way."""
        return frozenset(self._rising)

    def start(self, states: Iterable[State]) -> Iterator[Risen]:
        """Begin with all, shortest first; the short ones are up behind it."""
        for state in sorted(states, key=lambda state: state.size):
            try:
                found = MeetingLog(self._leaves, self._files, self._keyring, state)
            except (Halted, KeyTrouble) as reason:
                yield state.meeting, str(reason)
                continue
            self._rising[state.meeting] = (found, found.raising())
            if state.size <= AT_ONCE:
                yield from self._go_on(state.meeting, math.inf)

    def turn(self, seconds: float) -> Iterator[Risen]:
        """Go on for so long, with the shortest first; one step at least."""
        until = time.monotonic() + seconds
        for meeting in list(self._rising):
            yield from self._go_on(meeting, until)
            if time.monotonic() >= until:
                return

    def _go_on(self, meeting: str, until: float) -> Iterator[Risen]:
        found, steps = self._rising[meeting]
        answer: MeetingLog | str = found
        try:
            for _ in steps:
                if time.monotonic() >= until:
                    return
        except (Halted, KeyTrouble) as reason:
            answer = str(reason)
        except BaseException:
            self._rising[meeting] = (found, found.raising())
            raise
        del self._rising[meeting]
        yield meeting, answer
