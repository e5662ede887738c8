"""Who may listen at this process, by a socket or a stream: when, how many, and who speaks to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from server.live.conversation import Conversation
from server.live.door import Door
from server.live.hub import Hub
from server.live.node import Node
from server.live.stream import ServerEvents
from server.live.turnstile import Turnstile


@dataclass(frozen=True, slots=True)
class Streams:
    """Streams share the sockets' door, node and hub: one bound, one board, one frame."""

    node: Node
    hub: Hub
    door: Door
    turnstile: Turnstile

    def admits(self) -> bool:
        """True when one more listener may begin; a token of the joins is then taken."""
        return self.door.admits(asyncio.get_running_loop().time())

    def stream(self, slug: str, network: bytes) -> ServerEvents:
        """A listener to the meeting at this address, who was admitted and begins as its events are read."""
        stream = ServerEvents(self.door, Conversation(self.node, self.hub, slug), network)
        self.door.expect(stream, asyncio.get_running_loop().time())
        return stream
