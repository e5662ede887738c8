"""One attendee on one live socket: one vote at a time, sent again until it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Origin

from tools.replay.door import GIVE_UP_S, WAITED_OUT, Door, ReplayFailed, jitter_s, text
from tools.replay.http import Body

ANSWER_S = 10.0
SIGN_IN_ENDED = 4401
BOARD = ('{"t":"delta"', '{"t":"snapshot"')  # large and not needed here: skipped unread
Message = dict[str, object]


@dataclass(frozen=True, slots=True)
class Fate:
    """How a vote ended: `code` is "" when acknowledged, else the refusal. From send to answer."""

    code: str
    ms: float


@dataclass(slots=True)
class Attendee:
    """Signed in as one voter. `gate` bounds how many connect at once."""

    door: Door
    slug: str
    token: str
    device: str
    gate: asyncio.Semaphore
    reconnects: int = -1  # the first connection is none
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _counter: int = 0
    _ref: int = 0
    _answers: dict[int, asyncio.Future[Message]] = field(default_factory=dict)

    async def _hello(self) -> ClientConnection:
        where = f"/api/v1/meetings/{self.slug}/ticket"
        ticket = await self._ticket(where)
        origin = self.door.http.origin
        scheme = "wss" if urlsplit(origin).scheme == "https" else "ws"
        socket = await connect(
            f"{scheme}://{urlsplit(origin).netloc}/live/{self.slug}",
            origin=Origin(origin),
            compression=None,
            proxy=None,
            ssl=self.door.http.tls,
            max_size=None,
            ping_interval=None,  # an answer that stays away is noticed sooner, by ANSWER_S
            close_timeout=2,
        )
        hello = {"t": "hello", "ticket": ticket, "d": self.device, "epoch": None, "pos": None}
        try:
            await socket.send(json.dumps(hello))
            await self._welcomed(socket)
            # As a tab in the background: votes are acknowledged at once, the board comes rarely.
            await socket.send('{"t":"passive","on":true}')
        except BaseException:
            await socket.close()
            raise
        return socket

    async def _ticket(self, where: str) -> str:
        """A ticket; while many join, after waiting in line for it."""
        told = await self.door.call("POST", where, token=self.token, body={})
        while isinstance(place := told.get("place"), dict):
            await asyncio.sleep(place["again_s"])
            body: Body = {"slip": place["slip"]}
            told = await self.door.call("POST", where, token=self.token, body=body)
        return text(told, "ticket")

    async def _welcomed(self, socket: ClientConnection) -> None:
        async with asyncio.timeout(ANSWER_S):
            async for frame in socket:
                message = json.loads(frame)
                if message["t"] == "welcome":
                    self._counter = max(self._counter, int(message["c"]))
                    return
                if message["t"] == "refused" and message["code"] not in WAITED_OUT:
                    raise ReplayFailed(f"A socket was refused: {message['message']}")
        raise ConnectionError("closed before the welcome")

    async def open(self) -> None:
        """Connect, with backoff for as long as the server may be away."""
        started, attempt = time.monotonic(), 0
        while True:
            try:
                async with self.gate:
                    self._socket = await self._hello()
                break
            except (OSError, WebSocketException, TimeoutError, EOFError) as error:
                if isinstance(error, InvalidStatus) and error.response.status_code < 429:
                    raise ReplayFailed(f"The server takes no socket: {error}") from error
                if time.monotonic() - started > GIVE_UP_S:
                    raise ReplayFailed(f"No socket in {GIVE_UP_S:.0f} s: {error!r}") from error
                attempt += 1
                await asyncio.sleep(jitter_s(attempt))
        self.reconnects += 1
        self._reader = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: ClientConnection) -> None:
        """Hand each answer to whoever waits for it; when the line ends, tell them so."""
        with contextlib.suppress(WebSocketException, OSError):
            async for frame in socket:
                if isinstance(frame, str) and frame.startswith(BOARD):
                    continue
                message = json.loads(frame)
                waiting = self._answers.pop(message.get("r") or 0, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the line ended"))
        self._answers.clear()

    async def _drop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self._socket is not None:
            ended = self._socket.close_code == SIGN_IN_ENDED
            await self._socket.close()
            self._socket = None
            if ended:
                raise ReplayFailed("A sign-in ended while its votes were still under way.")

    async def _exchange(self, n: int, on: bool) -> Message:
        if self._socket is None:
            await self.open()
        if self._socket is None or self._reader is None or self._reader.done():
            raise ConnectionError("the line ended")
        self._ref += 1
        self._counter = max(self._counter + 1, int(time.time() * 1000))
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[self._ref] = answer
        vote = {"t": "vote", "n": n, "on": on, "c": self._counter, "r": self._ref}
        await self._socket.send(json.dumps(vote))
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def vote(self, n: int, on: bool) -> Fate:
        """Send one wish until acknowledged or refused; limits and lost lines are waited out."""
        started, attempt = time.monotonic(), 0
        while True:
            sent = time.perf_counter()
            try:
                message = await self._exchange(n, on)
            except (OSError, WebSocketException, TimeoutError):
                await self._drop()
                message = {"t": "lost"}
            ms = (time.perf_counter() - sent) * 1000
            code = str(message.get("code", ""))
            if message["t"] == "ack":
                return Fate("", ms)
            if message["t"] == "refused" and code not in WAITED_OUT and code != "stale":
                return Fate(code, ms)
            if time.monotonic() - started > GIVE_UP_S:
                raise ReplayFailed(f"A vote found no answer in {GIVE_UP_S:.0f} s.")
            attempt += 1
            await asyncio.sleep(self._pause(message, attempt))

    def _pause(self, message: Message, attempt: int) -> float:
        known, wait = message.get("c"), message.get("retry_in")
        if isinstance(known, int):  # stale: a later wish of this device is known, go on from there
            self._counter = max(self._counter, known)
            return 0.0
        return float(wait) + 0.01 if isinstance(wait, int | float) else jitter_s(attempt)

    async def cut(self) -> None:
        """End the connection as a bad network would: the next vote opens another."""
        if self._socket is not None:
            await self._socket.close()

    async def close(self) -> None:
        """Leave; never raises."""
        with contextlib.suppress(ReplayFailed, WebSocketException, OSError):
            await self._drop()
