"""Who may open a live socket: how many, how fast, and whose bytes are read just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from websockets.http11 import Request

from server.live.gate import Gate
from server.live.networks import NetworkName, one_for_all

Listener = TypeVar("Listener", contravariant=True)


class Inside(Protocol):
    """A listener that was let in: a socket, or a stream of events (live/stream.py)."""

    network: bytes

    @property
    def writable(self) -> bool:
        """False while the other side does not read, or once closing."""

    def offer(self, frame: bytes) -> bool:
        """Write a prebuilt frame if the other side reads; False when nothing was written."""

    def send_frame(self, frame: bytes) -> None:
        """Write a prebuilt frame of its own; nothing happens once closing."""

    def send_text(self, payload: str) -> None:
        """Write one text message."""

    def close(self, code: int, reason: str) -> None:
        """Say why, then end."""


class Conversation(Protocol[Listener]):
    """Who speaks on a socket or a stream. Calls come from the event loop and never wait."""

    def opened(self, socket: Listener) -> None:
        """The listener was let in."""

    def received(self, text: str) -> None:
        """One message."""

    def drained(self) -> None:
        """The other side reads again."""

    def closed(self) -> None:
        """The listener is gone, whatever the reason."""


@dataclass(slots=True)
class Door:
    """Who may open a socket, how many, how fast. Refusals come before the upgrade."""

    hosts: frozenset[str]
    origins: frozenset[str]
    frame_bytes: int
    handshake_s: float
    most: int
    joins_per_s: int
    network_name: NetworkName = one_for_all
    gate: Gate = field(default_factory=Gate)
    open: set[Inside] = field(default_factory=set)
    coming: dict[Inside, float] = field(default_factory=dict)  # and when they were let in
    _tokens: float = 0.0
    _at: float = 0.0

    def refusal(self, request: Request, now: float) -> tuple[int, str] | None:
        """The status and sentence of a refusal, or None (then a token of the joins is taken)."""
        # All of them: a request that names two hosts or origins is nobody's.
        hosts, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 400, "This address is not served here.\n"
        if len(origins) != 1 or origins[0] not in self.origins:
            return 403, "This page may not open a connection here.\n"
        if not self.admits(now):
            return 503, "Very many join right now. Please try again in a moment.\n"
        return None

    def admits(self, now: float) -> bool:
        """Take a token of the joins; False when there is none, or no room for one more."""
        self._tokens = min(self.joins_per_s, self._tokens + (now - self._at) * self.joins_per_s)
        self._at = now
        # Who hung up between the admission and the first event never enters.
        while (
            self.coming and self.coming[first := next(iter(self.coming))] < now - self.handshake_s
        ):
            del self.coming[first]
        if self._tokens < 1 or len(self.open) + len(self.coming) >= self.most:
            return False
        self._tokens -= 1
        return True

    def expect(self, one: Inside, now: float) -> None:
        """One who was admitted enters a little later: the place is kept for the time of a handshake."""
        self.coming[one] = now

    def enter(self, one: Inside) -> None:
        """One who was admitted is inside, until taken out of `open`."""
        self.coming.pop(one, None)
        self.open.add(one)
