"""Who may open a live socket: how many, how fast, and whose bytes are read just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from websockets.http11 import Request

from server.live.gate import Gate
from server.live.networks import NetworkName, one_for_all


class Inside(Protocol):
    """A socket that was let in."""

    def send_text(self, payload: str) -> None: ...
    def close(self, code: int, reason: str) -> None: ...


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
        self._tokens = min(self.joins_per_s, self._tokens + (now - self._at) * self.joins_per_s)
        self._at = now
        if self._tokens < 1 or len(self.open) >= self.most:
            return 503, "Very many join right now. Please try again in a moment.\n"
        self._tokens -= 1
        return None
