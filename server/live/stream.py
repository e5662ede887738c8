"""One listener over a long HTTP response, where sockets are blocked: the frames of the socket as
server-sent events. It is told only; what it has to say comes by POST (live/posting.py).

Each piece of a response costs Hypercorn and Quart six times what a socket's frame costs, so on a connection
of our own port a frame goes straight to the transport, as a piece of the same response (RFC 9112 section
7.1), while the other side reads. The rest goes their way, with their back pressure.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import lru_cache

from server.live import measures
from server.live.buffers import bound
from server.live.door import Conversation, Door
from server.live.frames import payload_of, text_frame

BEAT_S = 15.0  # a proxy in between must not take a quiet board for a dead connection
BLOCKED_S = 10.0
WAITING_BYTES = 65_536  # told and not taken yet: above, broadcasts pass it by
HELD_BYTES = 4 << 20  # its own messages and one snapshot while it does not read; more ends it
BEAT = b": beat\n\n"
Abort = Callable[[], object]


@lru_cache(maxsize=1)
def event_of(frame: bytes) -> bytes:
    """A frame of the socket as an event: the same bytes of JSON, which hold no line feed.

    Made once for all streams that a broadcast goes to: they are offered the same frame in a row."""
    return b"data: %b\n\n" % payload_of(frame)


@lru_cache(maxsize=1)
def piece_of(frame: bytes) -> bytes:
    """The event as one piece of a chunked response, made once, too."""
    event = event_of(frame)
    return b"%x\r\n%b\r\n" % (len(event), event)


class ServerEvents:
    """Slow readers are told one merged frame later, or cut; own messages are bounded."""

    def __init__(
        self, door: Door, conversation: Conversation[ServerEvents], network: bytes
    ) -> None:
        self.network = network
        self._door = door
        self._conversation = conversation
        self._box: list[bytes] = []
        self._held = 0
        self._full = False
        self._ending = False
        self._wake = asyncio.Event()
        # The connection, while nothing is under way by the response.
        self._straight: asyncio.Transport | None = None

    @property
    def writable(self) -> bool:
        """False while too much waits to be read by the other side, or once ending."""
        return not self._full and not self._ending

    def offer(self, frame: bytes) -> bool:
        """Take a prebuilt frame where the other side reads; else one merged frame follows later."""
        if not self.writable:
            return False
        self.send_frame(frame)
        return True

    def send_frame(self, frame: bytes) -> None:
        """Take a frame of its own; nothing happens once ending."""
        if self._straight is not None and not self._box and not self._ending:
            self._write(self._straight, piece_of(frame))
        elif not self._ending:
            self._tell(event_of(frame))
            self._full = self._held >= WAITING_BYTES
            self._ending = self._held > HELD_BYTES

    def _write(self, transport: asyncio.Transport, piece: bytes) -> None:
        if transport.is_closing():
            return  # the response ends by itself
        transport.write(piece)
        if transport.get_write_buffer_size() >= WAITING_BYTES:
            self._full = True
            self._tell(BEAT)  # goes the response's way, which waits until the other side has read

    def _tell(self, event: bytes) -> None:
        self._box.append(event)
        self._held += len(event)
        self._wake.set()

    def send_text(self, payload: str) -> None:
        """Take one message."""
        self.send_frame(text_frame(payload.encode()))

    def close(self, code: int, reason: str) -> None:
        """Say why as a last event, then end."""
        if not self._ending:
            self._tell(b'event: close\ndata: {"code":%d}\n\n' % code)
            self._ending = True

    async def events(
        self, hello: str, transport: asyncio.Transport | None, chunked: bool
    ) -> AsyncIterator[bytes]:
        """What the response says, from `hello` to the end; `chunked`: it goes in pieces, as in HTTP/1.1.
        Leaves nothing behind, however it ends."""
        abort, straight = _abort_of(transport), None
        self._door.enter(self)
        measures.SOCKETS.set(len(self._door.open))
        self._conversation.opened(self)
        try:
            self._conversation.received(hello)
            while True:
                self._straight = straight
                told = await self._next()
                self._straight = None
                blocked = asyncio.get_running_loop().call_later(BLOCKED_S, abort)
                try:
                    yield told  # the server's own back pressure holds us here
                finally:
                    blocked.cancel()
                straight = transport if chunked else None  # the response has begun
                self._held -= len(told)
                if self._ending and not self._box:
                    return
                if self._full and self._held < WAITING_BYTES:
                    self._full = False
                    self._conversation.drained()
        finally:
            self._ending, self._straight = True, None
            self._door.open.discard(self)
            measures.SOCKETS.set(len(self._door.open))
            self._conversation.closed()

    async def _next(self) -> bytes:
        self._wake.clear()
        if not self._box and not self._ending:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._wake.wait()
            except TimeoutError:
                self._tell(BEAT)
        told, self._box = b"".join(self._box), []
        return told


def _abort_of(transport: asyncio.Transport | None) -> Abort:
    """How to cut a reader that does not read: its connection where we know it, else our own answer."""
    if transport is not None:
        bound(transport)
        return transport.abort
    task = asyncio.current_task()
    return task.cancel if task is not None else lambda: None
