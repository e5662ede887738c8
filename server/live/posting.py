"""One message of a listener on a stream of events, by POST: what the socket would have taken, and its answer.

Any process may get it, the one that holds the stream or another: nothing is kept between two posts but
each person's pace.
"""

from __future__ import annotations

import asyncio

import msgspec

from server.domain.refusals import Refusal, Refused
from server.live import deeds, measures
from server.live.node import Node
from server.protocol import inbound, outbound
from server.protocol.inbound import Hello, Passive, Seen
from server.protocol.ticket import TicketClaims
from server.session.effects import CastVote, Pong, Refuse, TakeSubmission
from server.session.session import Session
from server.store.votes import slot_of


class Posted:
    """One message and the answers to it, in the order in which they came."""

    counts = measures.HTTP
    network: bytes | None = None  # it has paid for the request

    def __init__(self, node: Node, claims: TicketClaims, device: str) -> None:
        self._node = node
        self._claims = claims
        self._slot = slot_of(device)
        self._said: list[bytes] = []
        self._answered = asyncio.Event()

    def say(self, payload: bytes) -> None:
        """Take an answer."""
        self._said.append(payload)
        self._answered.set()

    def stands(self, r: int, vote: CastVote, raised: int, votes: int, at: str) -> None:
        """Take an acknowledgement as the answer; their stream learns by how much a counter was raised."""
        self.say(outbound.ack(r, vote.n, vote.on, votes, at))

    def refuse(self, r: int | None, refused: Refused, counter: int | None = None) -> None:
        """Take a refusal as the answer."""
        self.say(deeds.refusal_for(self.counts, self._claims, r, refused, counter))

    async def answer(self, text: str) -> list[msgspec.Raw]:
        """The messages that answer `text`; a vote's once it is durable.

        Refused where it is not understood, and as the board's reading is. Raises redis.RedisError when
        the board cannot be read: nothing is counted then.
        """
        message = inbound.decode(text)
        if isinstance(message, Hello | Passive):
            raise Refused(Refusal.BAD_INPUT, "This message cannot be sent by POST.")
        claims, node = self._claims, self._node
        board = await node.boards.follow(claims.meeting)
        voter = claims.voter if claims.voter is not None else -1
        if isinstance(message, Seen):
            # Each connection counts a question once: the person's stream knows which, where it is here.
            for stream in node.others(claims.meeting, voter, self)[:1]:
                stream.look(message)
            return []
        session = Session(node.secret, node.clock())
        session.claims = claims
        # Own questions are the store's to refuse: it checks each vote again.
        session.enter(set(), node.budget(claims.meeting, voter))
        for effect in session.receive(message, board, node.clock()):
            match effect:
                case CastVote():
                    deeds.cast(node, self, claims, effect, self._slot)
                    await self._answered.wait()
                case TakeSubmission():
                    await deeds.ask(node, self, claims, effect.ask)
                case Pong():
                    self.say(outbound.PONG)
                case Refuse():
                    self.refuse(effect.r, effect.refused)
        return [msgspec.Raw(payload) for payload in self._said]
