"""Who listens, and what each still has to be told. One frame for all; a mailbox of one for the slow."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from server.domain.board import Board
from server.live.boards import Boards
from server.live.frames import text_frame
from server.live.socket import LiveSocket
from server.protocol.outbound import encode

SLICE = 250  # sockets written per loop turn, so that acknowledgements keep flowing
PASSIVE_S = 10.0


@dataclass(slots=True, eq=False)
class _Listener:
    socket: LiveSocket
    meeting: str
    position: str
    end_if: Callable[[str], None]
    passive: bool = False
    due: float = 0.0


class Hub:
    """Listeners by meeting and audience."""

    def __init__(self, boards: Boards, tick_ms: int) -> None:
        self._boards = boards
        self._tick_ms = tick_ms
        self._audiences: defaultdict[tuple[str, str], set[_Listener]] = defaultdict(set)
        self._by_socket: dict[LiveSocket, tuple[tuple[str, str], _Listener]] = {}
        self._snapshots: dict[str, tuple[Board, str, bytes]] = {}

    def join(
        self,
        meeting: str,
        audience: str,
        socket: LiveSocket,
        position: str | None,
        end_if: Callable[[str], None],
    ) -> None:
        """Begin to listen: what was missed since `position` comes first, or the whole board."""
        listener = _Listener(socket, meeting, position or "", end_if)
        self._audiences[meeting, audience].add(listener)
        self._by_socket[socket] = ((meeting, audience), listener)
        self._catch_up(listener)

    def leave(self, socket: LiveSocket) -> None:
        """Stop listening; nothing happens for a socket that never joined."""
        found = self._by_socket.pop(socket, None)
        if found is not None:
            self._audiences[found[0]].discard(found[1])

    def drained(self, socket: LiveSocket) -> None:
        """A slow listener reads again: one merged frame brings it up to date."""
        found = self._by_socket.get(socket)
        if found is not None:
            self._catch_up(found[1])

    def set_passive(self, socket: LiveSocket, on: bool) -> None:
        """A hidden tab is told every ten seconds; looked at again, at once."""
        found = self._by_socket.get(socket)
        if found is not None:
            found[1].passive = on
            if not on:
                self._catch_up(found[1])

    def end(self, meeting: str, sign_in: str) -> None:
        """A sign-in of this meeting ended: its sockets close."""
        for key, listeners in list(self._audiences.items()):
            if key[0] == meeting:
                for listener in list(listeners):
                    listener.end_if(sign_in)

    def broadcast(self, meeting: str, audience: str, frame: bytes, position: str) -> None:
        """Tell one delta to all who are up to date; the others are brought up to date when they read."""
        told = list(self._audiences[meeting, audience])
        self._write(told, 0, frame, position)

    def _write(self, told: list[_Listener], start: int, frame: bytes, position: str) -> None:
        now = asyncio.get_running_loop().time()
        for listener in told[start : start + SLICE]:
            if listener.passive and now < listener.due:
                continue
            if not listener.socket.writable:
                continue
            if listener.passive:
                listener.due = now + PASSIVE_S
                self._catch_up(listener)
            else:
                listener.socket.send_frame(frame)
                listener.position = position
        if start + SLICE < len(told):
            loop = asyncio.get_running_loop()
            loop.call_soon(self._write, told, start + SLICE, frame, position)

    def _catch_up(self, listener: _Listener) -> None:
        board = self._boards.last(listener.meeting)
        if board is None or not listener.socket.writable:
            return
        delta = board.delta_since(listener.position) if listener.position else None
        if delta is None:
            listener.socket.send_frame(self._snapshot(board))
        elif listener.position != board.position or board.pending:
            listener.socket.send_frame(text_frame(encode(delta)))
        listener.position = board.position

    def _snapshot(self, board: Board) -> bytes:
        held = self._snapshots.get(board.meeting.id)
        if held is None or held[0] is not board or held[1] != board.position:
            frame = text_frame(encode(board.snapshot(self._tick_ms)))
            held = (board, board.position, frame)
            self._snapshots[board.meeting.id] = held
        return held[2]
