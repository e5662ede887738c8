"""Who listens, and what each still has to be told: one frame for all, one mailbox for the slow.

A listener never sees an older frame after a newer one: broadcasts are written one after the other,
and one that was queued before a listener was brought up to date passes it by.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from server.domain.board import Board
from server.live.boards import Boards
from server.live.door import Inside
from server.live.frames import text_frame
from server.protocol.close_codes import Close
from server.protocol.outbound import encode

SLICE = 250  # sockets written per loop turn, so that acknowledgements keep flowing
PASSIVE_S = 10.0
MISSED_KEPT = 128
ATTENDEES, STAGE = "attendee", "stage"
AUDIENCES = (ATTENDEES, STAGE)
POSITION = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


@dataclass(slots=True, eq=False)
class _Listener:
    socket: Inside
    meeting: str
    position: str
    end_if: Callable[[str], None]
    sign_in: str = ""
    told: int = 0  # number of the last broadcast it needs no more
    passive: bool = False
    due: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Broadcast:
    number: int
    listeners: list[_Listener]
    frame: bytes
    position: str
    start: int = 0


@dataclass(slots=True)
class _Missed:
    """Merged deltas to one state of a board, by the position that they begin at: those who were hidden for as
    long, or come back from the same break, missed the same."""

    board: Board
    position: str
    frames: dict[str, bytes] = field(default_factory=dict)


class Hub:
    """Listeners by meeting and audience."""

    def __init__(self, boards: Boards, tick_ms: int) -> None:
        self._boards = boards
        self.tick_ms = tick_ms  # as it stands now; frames name it
        self._audiences: defaultdict[tuple[str, str], set[_Listener]] = defaultdict(set)
        self._by_socket: dict[Inside, tuple[tuple[str, str], _Listener]] = {}
        self._snapshots: dict[str, tuple[Board, str, bytes]] = {}
        self._missed: dict[str, _Missed] = {}
        self._number = 0
        self._queue: deque[_Broadcast] = deque()

    def join(
        self,
        meeting: str,
        audience: str,
        socket: Inside,
        position: str | None,
        end_if: Callable[[str], None],
        sign_in: str = "",
    ) -> None:
        """Begin to listen: what was missed since `position` comes first, or the whole board."""
        # A position is the client's word: what is none counts as having seen nothing.
        known = position if position is not None and POSITION.fullmatch(position) else ""
        listener = _Listener(socket, meeting, known, end_if, sign_in)
        self._audiences[meeting, audience].add(listener)
        self._by_socket[socket] = ((meeting, audience), listener)
        self._catch_up(listener)

    @property
    def listeners(self) -> int:
        """How many listen, over all meetings."""
        return len(self._by_socket)

    def watching(self, meeting: str, audience: str) -> int:
        """How many sockets of this audience listen here."""
        return len(self._audiences.get((meeting, audience), ()))

    def let_go(self, meeting: str) -> bool:
        """Keep nothing of a meeting that nobody listens to; False where somebody does."""
        if any(self.watching(meeting, audience) for audience in AUDIENCES):
            return False
        self._forget(meeting)
        return True

    def _forget(self, meeting: str) -> None:
        self._snapshots.pop(meeting, None)
        self._missed.pop(meeting, None)

    def leave(self, socket: Inside) -> None:
        """Stop listening; nothing happens for a socket that never joined."""
        found = self._by_socket.pop(socket, None)
        if found is not None:
            key, listener = found
            self._audiences[key].discard(listener)
            if not self._audiences[key]:
                del self._audiences[key]
            if listener.due is not None:
                listener.due.cancel()

    def drained(self, socket: Inside) -> None:
        """A slow listener reads again: one merged frame brings it up to date."""
        found = self._by_socket.get(socket)
        if found is not None:
            self._catch_up(found[1])

    def set_passive(self, socket: Inside, on: bool) -> None:
        """A hidden tab is told every ten seconds; looked at again, at once."""
        found = self._by_socket.get(socket)
        if found is not None:
            found[1].passive = on
            if not on:
                self._now(found[1])

    def end(self, meeting: str, sign_in: str) -> None:
        """A sign-in of this meeting ended: its sockets close."""
        for key, listeners in list(self._audiences.items()):
            if key[0] == meeting:
                for listener in list(listeners):
                    listener.end_if(sign_in)

    def sign_ins(self, meeting: str) -> set[str]:
        """The sign-ins behind this meeting's listeners; "" where none stands behind one."""
        return {
            listener.sign_in
            for audience in AUDIENCES
            for listener in self._audiences.get((meeting, audience), ())
        }

    def end_all(self, meeting: str, sign_ins: Set[str]) -> None:
        """Many sign-ins of this meeting ended."""
        for audience in AUDIENCES:
            for listener in list(self._audiences.get((meeting, audience), ())):
                if listener.sign_in in sign_ins:
                    listener.end_if(listener.sign_in)

    def come_back(self, meeting: str) -> None:
        """Close this meeting's sockets, to be opened anew: their pages then take the whole board and tell
        again which of their votes the server does not know."""
        for audience in AUDIENCES:
            for listener in list(self._audiences.get((meeting, audience), ())):
                listener.socket.close(int(Close.RESTART), "the store was rebuilt, come back")

    def broadcast(self, meeting: str, frame: bytes, position: str) -> None:
        """Tell one public delta to all audiences; who does not read is brought up to date when they do."""
        self._number += 1
        self._forget(meeting)
        listeners = [
            listener
            for audience in AUDIENCES
            for listener in self._audiences.get((meeting, audience), ())
        ]
        self._queue.append(_Broadcast(self._number, listeners, frame, position))
        if len(self._queue) == 1:
            self._write()

    def _write(self) -> None:
        told = self._queue[0]
        for listener in told.listeners[told.start : told.start + SLICE]:
            if listener.told >= told.number:
                continue
            if listener.passive:
                self._later(listener)
            elif listener.socket.offer(told.frame):
                listener.position, listener.told = told.position, told.number
        told.start += SLICE
        if told.start >= len(told.listeners):
            self._queue.popleft()
        if self._queue:
            asyncio.get_running_loop().call_soon(self._write)

    def _later(self, listener: _Listener) -> None:
        if listener.due is None and listener.socket in self._by_socket:
            loop = asyncio.get_running_loop()
            listener.due = loop.call_later(PASSIVE_S, self._now, listener)

    def _now(self, listener: _Listener) -> None:
        if listener.due is not None:
            listener.due.cancel()
            listener.due = None
        self._catch_up(listener)

    def _catch_up(self, listener: _Listener) -> None:
        board = self._boards.last(listener.meeting)
        if board is None or not listener.socket.writable:
            return  # a socket that reads again asks for it
        if listener.position != board.position or board.pending:
            frame = self._merged(board, listener.position) if listener.position else None
            listener.socket.send_frame(frame or self._snapshot(board))
        listener.position, listener.told = board.position, self._number

    def _merged(self, board: Board, position: str) -> bytes | None:
        """One delta of all that was told since `position`, made once for all who are there; None where
        that is too long ago."""
        held = self._missed.get(board.meeting.id)
        if held is None or (held.board, held.position) != (board, board.position):
            held = self._missed[board.meeting.id] = _Missed(board, board.position)
        frame = held.frames.get(position)
        if frame is None and (delta := board.delta_since(position)) is not None:
            frame = text_frame(encode({**delta, "tick": self.tick_ms}))
            if len(held.frames) < MISSED_KEPT:  # positions are the clients' words
                held.frames[position] = frame
        return frame

    def _snapshot(self, board: Board) -> bytes:
        held = self._snapshots.get(board.meeting.id)
        if held is None or held[0] is not board or held[1] != board.position:
            frame = text_frame(encode(board.snapshot(self.tick_ms)))
            held = (board, board.position, frame)
            self._snapshots[board.meeting.id] = held
        return held[2]
