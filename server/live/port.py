"""One listening port, two tongues: upgrades to /live/ are ours, the rest is Hypercorn's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, cast
from weakref import WeakSet

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.utils import wrap_app

from server.ending import BEGIN_S, IDLE_S, SOCKETS_S
from server.live.door import Conversation, Door
from server.live.socket import LiveSocket
from server.protocol.close_codes import Close
from server.protocol.outbound import bye

HEAD_BYTES = 16_384
BACK = int(Close.RESTART), "server ends, come back"
STAGGER = 100  # sockets closed at once when the process ends
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


class _Head(asyncio.Protocol):
    """Reads the first request's head, then hands the connection on, bytes untouched."""

    def __init__(
        self,
        door: Door,
        talk: Callable[[str], Conversation[LiveSocket]],
        serve: Serve,
        waiting: WeakSet[object],
    ) -> None:
        self._door = door
        self._waiting = waiting
        waiting.add(self)  # from here on: under TLS the connection is made after the handshake
        self._talk = talk
        self._serve = serve
        self._bytes = b""
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A head that does not come in time ends the connection."""
        transport = cast(asyncio.Transport, transport)  # uvloop has types of its own
        self._transport = transport
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._door.handshake_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone before its head was read."""
        self._read()

    def data_received(self, data: bytes) -> None:
        """Decide at the end of the head; a head that is too long is Hypercorn's to refuse."""
        self._bytes += data
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0 and len(self._bytes) <= HEAD_BYTES:
            return
        self._read()
        slug = live_slug(self._bytes[:end]) if end >= 0 else None
        if slug is not None:
            self._hand_on(LiveSocket(self._door, self._talk(slug)))
        else:
            reader = asyncio.StreamReader()
            self._waiting.add(reader)
            self._hand_on(asyncio.StreamReaderProtocol(reader, self._serve))

    def _read(self) -> None:
        self._waiting.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _hand_on(self, protocol: asyncio.Protocol) -> None:
        transport = self._transport
        assert transport is not None
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._bytes)


def live_slug(head: bytes) -> str | None:
    """The slug of an upgrade to a live socket, or None for any other request."""
    line, _, fields = head.partition(b"\r\n")
    words = line.split(b" ")
    if len(words) != 3 or words[0] != b"GET" or not words[1].startswith(b"/live/"):
        return None
    named = (field.partition(b":") for field in fields.lower().split(b"\r\n"))
    wanted = {
        one.strip() for name, _, value in named if name == b"upgrade" for one in value.split(b",")
    }
    if b"websocket" not in wanted:
        return None
    return words[1][6:].partition(b"?")[0].decode("latin-1")


class Port:
    """A listening port; `close` stops accepting, `begun` and `drain` end what is open, in order."""

    def __init__(
        self,
        servers: Sequence[asyncio.Server],
        door: Door,
        waiting: WeakSet[object],
        context: WorkerContext,
        tasks: set[asyncio.Task[None]],
        lifespan: Lifespan,
        lifespan_task: asyncio.Task[None],
        end_s: float,
    ) -> None:
        self._servers = servers
        self._door = door
        self._waiting = waiting
        self._context = context
        self._tasks = tasks
        self._lifespan = lifespan
        self._lifespan_task = lifespan_task
        self._end_s = end_s

    @property
    def number(self) -> int:
        """The port number, also when the system was asked to choose one."""
        return int(self._servers[0].sockets[0].getsockname()[1])

    def close(self) -> None:
        """Accept nobody new."""
        for server in self._servers:
            server.close()

    async def begun(self) -> None:
        """Return once each request of those who were accepted has begun, or BEGIN_S is over. Hypercorn drops
        what it has not begun when it is told to end."""
        until = asyncio.get_running_loop().time() + BEGIN_S
        while self._waiting and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)

    async def drain(self, spread_s: float) -> None:
        """Tell every socket that we end and close it, staggered; then end requests and the app.

        After the spread, sockets have SOCKETS_S to say farewell and requests `end_s` to be answered, both
        from the same moment on.
        """
        sockets = list(self._door.open)
        for one in sockets:
            one.send_text(bye(spread_s).decode())
        for at, one in enumerate(sockets, start=1):
            one.close(*BACK)
            if at % STAGGER == 0:
                await asyncio.sleep(spread_s * STAGGER / len(sockets))
        loop = asyncio.get_running_loop()
        until = loop.time() + self._end_s
        await self._sockets_gone()
        await self._context.terminated.set()
        if self._tasks:
            left = max(IDLE_S, until - loop.time())
            _, late = await asyncio.wait(self._tasks, timeout=left)
            for task in late:
                task.cancel()
        await self._lifespan.wait_for_shutdown()
        self._lifespan_task.cancel()
        await asyncio.wait((self._lifespan_task,))

    async def _sockets_gone(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + SOCKETS_S
        while self._door.open and loop.time() < until:
            for late in list(self._door.open):
                late.close(*BACK)  # whose head came meanwhile; for the others nothing happens
            await asyncio.sleep(0.02)


async def listen(
    app: Any,
    config: Config,
    talk: Callable[[str], Conversation[LiveSocket]],
    door: Door,
    ports: Sequence[socket.socket],
    tls: ssl.SSLContext | None,
) -> Port:
    """Listen on these bound sockets (launch/ports.py); they are ours from here on."""
    loop = asyncio.get_running_loop()
    wrapped = wrap_app(app, config.wsgi_max_body_size, None)
    state: dict[str, Any] = {}
    lifespan = Lifespan(wrapped, config, loop, state)
    lifespan_task = loop.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    if lifespan_task.done():
        lifespan_task.result()  # an app that cannot start must not be listened for
    context, tasks = WorkerContext(None), set[asyncio.Task[None]]()
    waiting = WeakSet[object]()  # for each connection whose request has not begun: who reads of it

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: waiting.discard(reader))

        async def begin(*call: Any) -> None:
            waiting.discard(reader)
            await wrapped(*call)

        # A long answer must be able to cut a reader that does not read (live/stream.py).
        told = {**state, "transport": writer.transport}
        await TCPServer(cast(Any, begin), loop, config, context, told, reader, writer)

    servers = [
        await loop.create_server(
            lambda: _Head(door, talk, serve, waiting), sock=one, backlog=config.backlog, ssl=tls
        )
        for one in ports
    ]
    return Port(
        servers, door, waiting, context, tasks, lifespan, lifespan_task, config.graceful_timeout
    )
