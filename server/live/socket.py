"""One live connection: `websockets`' Sans-I/O protocol under an asyncio.Protocol (V2, V12).

No permessage-deflate is ever negotiated: one compressed megabyte can cost seconds (S-46).
"""

from __future__ import annotations

import asyncio
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Protocol as Wire
from websockets.server import ServerProtocol

from server.live import measures
from server.live.buffers import bound, peer_of
from server.live.door import Conversation, Door
from server.live.frames import client_frame_bytes, short_texts, text_frame
from server.live.wire import CONNECTING, IDLE, OPEN, PING, Idle, fresh, is_pong, let_go, pieces
from server.protocol.close_codes import Close

PING_S = 20.0
BLOCKED_S = 10.0
FRAMES_PER_S = 200
BYTES_PER_S = 262_144
WRITE_HIGH = 65_536
FAREWELL_S = 2.0  # for the other side to answer our close


class LiveSocket(asyncio.Protocol):
    """A connection from upgrade to close. Slow readers are cut; floods get their code."""

    __slots__ = (
        "_awaiting_pong",
        "_blocked",
        "_bytes",
        "_conversation",
        "_door",
        "_ended",
        "_flooded",
        "_frames",
        "_held",
        "_loop",
        "_parts",
        "_second",
        "_size",
        "_timer",
        "_transport",
        "_unparsed",
        "_wire",
        "network",
    )

    def __init__(self, door: Door, conversation: Conversation[LiveSocket]) -> None:
        self._door = door
        self._conversation = conversation
        self._wire: Wire | Idle = ServerProtocol(max_size=door.frame_bytes, extensions=[])
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._frames = self._bytes = 0
        self._second = 0.0
        self._flooded = self._ended = False
        self._awaiting_pong = False
        self._held = b""  # came while the gate was shut, and nothing is read until it is looked at
        self._blocked: asyncio.TimerHandle | None = None
        # Bytes given to the wire that belong to no complete frame yet; 0: the next chunk starts one.
        self._unparsed, self.network = 0, b""

    @property
    def writable(self) -> bool:
        """False while the other side does not read, or once closing."""
        return self._transport is not None and self._blocked is None and self._wire.state is OPEN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the port, with the bytes of the upgrade to follow."""
        transport = cast(asyncio.Transport, transport)  # uvloop has types of its own
        self._transport = transport
        transport.set_write_buffer_limits(high=WRITE_HIGH)
        bound(transport)
        self._timer = self._loop.call_later(self._door.handshake_s, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Bytes in; frames are handed on, answers that the protocol owes are written."""
        if self._door.gate.shut and self._wire.state is OPEN and self._transport is not None:
            self._held += data
            self._transport.pause_reading()
            self._door.gate.wait(self._go_on)
        else:
            self._read(data)

    def _go_on(self) -> None:
        data, self._held = self._held, b""
        if data and self._transport is not None:
            self._transport.resume_reading()
            self._read(data)

    def _read(self, data: bytes) -> None:
        if self._flooded or self._flood(0, len(data)):
            return  # unparsed: what a flood goes on to say is dropped
        if not self._unparsed and not self._parts and self._wire.state is OPEN:
            if is_pong(data):
                self._awaiting_pong = False
                self._flood(1, 0)
                return
            payloads = short_texts(data)
            if payloads is not None:  # whole small messages, as nearly every chunk is
                for payload in payloads:
                    if self._wire.state is OPEN and not self._flood(1, 0):
                        self._message(payload)
                return
        self._parse(data)

    def _own_wire(self) -> Wire:
        if isinstance(self._wire, Idle):
            self._wire = fresh(self._door.frame_bytes)
        return self._wire

    def _parse(self, data: bytes) -> None:
        wire = self._own_wire()
        # The port hands on the whole head at once; what follows it are frames.
        for piece in pieces(data, wire.state is CONNECTING):
            self._unparsed += len(piece)
            wire.receive_data(piece)
            for event in wire.events_received():
                if isinstance(event, Request):
                    self._unparsed = 0
                    self._upgrade(event)
                elif isinstance(event, Frame):
                    self._unparsed -= client_frame_bytes(len(event.data))
                    self._frame(event)
            if self._flooded:
                break
        self._flush()
        if not self._unparsed and not self._parts and wire.state is OPEN:
            self._idle()

    def _idle(self) -> None:
        let_go(self._wire)
        self._wire = IDLE

    def eof_received(self) -> None:
        """The other side ended."""
        self._own_wire().receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whatever the reason."""
        for timer in (self._timer, self._blocked):
            if timer is not None:
                timer.cancel()
        self._transport = None
        self._idle()
        self._door.open.discard(self)
        measures.SOCKETS.set(len(self._door.open))
        self._conversation.closed()

    def pause_writing(self) -> None:
        """The other side does not read: wait a while, then cut it with its stale bytes."""
        if self._blocked is None and self._transport is not None:
            self._blocked = self._loop.call_later(BLOCKED_S, self._transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        if self._blocked is not None:
            self._blocked.cancel()
            self._blocked = None
        if self.writable:
            self._conversation.drained()

    def offer(self, frame: bytes) -> bool:
        """Write a prebuilt frame if the other side reads; False when nothing was written."""
        if self._blocked is None and self._wire.state is OPEN and self._transport is not None:
            self._transport.write(frame)
            return True
        return False

    def send_frame(self, frame: bytes) -> None:
        """Write a prebuilt frame; nothing happens once closing."""
        if self._transport is not None and self._wire.state is OPEN:
            self._transport.write(frame)

    def send_text(self, payload: str) -> None:
        """Write one text message."""
        self.send_frame(text_frame(payload.encode()))

    def close(self, code: int, reason: str) -> None:
        """Say why, then end; a peer that does not answer is cut after a moment."""
        if self._transport is None or self._wire.state is not OPEN:
            return
        self._own_wire().send_close(code, reason)
        self._flush()
        self._again(FAREWELL_S, self._abort)
        self._go_on()  # to hear the other side's farewell

    def _again(self, seconds: float, act: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, act)  # type: ignore[arg-type]

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._transport is None or isinstance(self._wire, Idle):
            return
        for data in self._wire.data_to_send():
            if not data:
                self._end()
            elif not self._ended:  # after a farewell no ping is answered
                self._transport.write(data)
        self._ended = self._wire.state not in (CONNECTING, OPEN)

    def _end(self) -> None:
        # Half-close and read on: closing with bytes unread would reset the connection, and the
        # other side would never see the code.
        assert self._transport is not None
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._again(FAREWELL_S, self._abort)
        else:
            self._transport.close()

    def _upgrade(self, request: Request) -> None:
        wire = cast(ServerProtocol, self._wire)  # a request comes once, as the first event of all
        refused = self._door.refusal(request, self._loop.time())
        response = wire.accept(request) if refused is None else wire.reject(*refused)
        if refused is not None and refused[0] == 503:
            response.headers["Retry-After"] = "2"
        wire.send_response(response)
        if self._wire.state is OPEN:
            self._door.enter(self)
            measures.SOCKETS.set(len(self._door.open))
            self._again(PING_S, self._beat)
            self._flush()
            forwarded = request.headers.get_all("X-Forwarded-For")
            self.network = self._door.network_name(peer_of(self._transport), forwarded)
            self._conversation.opened(self)

    def _beat(self) -> None:
        if self._awaiting_pong and not self._held:  # an answer may stand behind what is held
            self._abort()
            return
        if self._wire.state is OPEN:
            self._awaiting_pong = True
            self.send_frame(PING)
            self._again(PING_S, self._beat)

    def _flood(self, frames: int, size: int) -> bool:
        now = self._loop.time()
        if now - self._second >= 1.0:
            self._second, self._frames, self._bytes = now, 0, 0
        self._frames += frames
        self._bytes += size
        if self._frames <= FRAMES_PER_S and self._bytes <= BYTES_PER_S:
            return False
        self._flooded = True
        self.close(int(Close.FLOOD), "too much at once")
        return True

    def _frame(self, frame: Frame) -> None:
        if self._flood(1, 0) or self._wire.state is not OPEN:
            return
        if frame.opcode is Opcode.PONG:
            self._awaiting_pong = False
        elif frame.opcode is Opcode.BINARY:
            self.close(int(Close.BINARY), "text frames only")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._text(frame)

    def _text(self, frame: Frame) -> None:
        self._size += len(frame.data)
        if self._size > self._door.frame_bytes:
            self.close(int(Close.TOO_BIG), "message too big")
            return
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        whole, self._parts, self._size = b"".join(self._parts), [], 0
        self._message(whole)

    def _message(self, whole: bytes) -> None:
        try:
            text = whole.decode("utf-8")
        except UnicodeDecodeError:
            self.close(int(Close.BAD_TEXT), "not UTF-8")
            return
        self._conversation.received(text)
