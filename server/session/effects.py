"""What a session asks its wire to do. Values; nothing here acts."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from server.domain.refusals import Refused
from server.protocol.close_codes import Close
from server.protocol.inbound import Ask
from server.protocol.ticket import TicketClaims


@dataclass(frozen=True, slots=True)
class Enter:
    """Admit this connection: send welcome, then what it missed since its position."""

    claims: TicketClaims
    device: str
    epoch: str | None
    position: str | None


class CastVote(msgspec.Struct, frozen=True, gc=False):
    """Hand one admitted wish to the batcher."""

    r: int
    n: int
    q: str
    on: bool
    counter: int


@dataclass(frozen=True, slots=True)
class TakeSubmission:
    """Submit a question for this attendee."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class CountSeen:
    """Add one look at each of these questions."""

    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class SetPassive:
    """Slow down, or back to full rhythm."""

    on: bool


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer a ping."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell a refusal; `r` is the client's reference, or None."""

    r: int | None
    refused: Refused


@dataclass(frozen=True, slots=True)
class Hang:
    """Close the connection for this reason."""

    code: Close
    reason: str


Effect = Enter | CastVote | TakeSubmission | CountSeen | SetPassive | Pong | Refuse | Hang
