"""One listener's wire: messages to the session, the session's effects to the world (V3, V4, V6, V8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import assert_never

from redis.exceptions import RedisError

from server.acts.vote import OwnVotes
from server.domain.board import Board
from server.domain.refusals import Refused
from server.domain.roles import Role
from server.live import deeds, measures
from server.live.deeds import NOT_SAVED
from server.live.door import Inside
from server.live.frames import text_frame
from server.live.hub import ATTENDEES, STAGE, Hub
from server.live.node import Node
from server.protocol import inbound, outbound
from server.protocol.close_codes import Close
from server.protocol.inbound import Ask, Seen
from server.protocol.ticket import TicketClaims
from server.session.effects import (
    CastVote,
    CountSeen,
    Effect,
    Enter,
    Hang,
    Pong,
    Refuse,
    SetPassive,
    TakeSubmission,
)
from server.session.session import Session
from server.store.votes import slot_of

# Projectors and overlays of one meeting on one process; no sign-in stands behind them.
STAGES_MAX = 500
UNKNOWN = -1  # below every sum of counters, whatever is added to both


class Conversation:
    """Speaks for one attendee (or member of staff) from the first message to the end."""

    __slots__ = (
        "_board",
        "_counted",
        "_end",
        "_hub",
        "_known",
        "_late",
        "_missed",
        "_node",
        "_session",
        "_slot",
        "_slug",
        "_socket",
    )

    counts = measures.SOCKET

    def __init__(self, node: Node, hub: Hub, slug: str) -> None:
        self._node = node
        self._hub = hub
        self._slug = slug
        self._session = Session(node.secret, node.clock())
        self._socket: Inside | None = None
        self._board: Board | None = None
        self._late: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._counted = False
        self._missed: tuple[tuple[int, CastVote, int, int, str], ...] = ()
        self._slot = 0
        # The sum of this person's counters as far as all that raised them was told here.
        self._known = UNKNOWN

    def opened(self, socket: Inside) -> None:
        """The upgrade is done: hello must come in time."""
        self._socket = socket
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(
            self._node.pace.hello_s, socket.close, int(Close.HELLO_LATE), "hello came too late"
        )

    def received(self, text: str) -> None:
        """One text frame. What cannot be understood ends this connection, with the reason."""
        try:
            message = inbound.decode(text)
        except Refused as refused:
            self.refuse(None, refused)
            self._hang(Close.BAD_MESSAGE, "message not understood")
            return
        for effect in self._session.receive(message, self._board, self._node.clock()):
            self._perform(effect)

    def drained(self) -> None:
        """The transport takes bytes again: the hub brings this listener up to date."""
        if self._socket is not None:
            self._hub.drained(self._socket)

    def closed(self) -> None:
        """The connection is gone."""
        for timer in (self._late, self._end):
            if timer is not None:
                timer.cancel()
        if self._socket is not None:
            self._hub.leave(self._socket)
        claims = self._session.claims
        if self._counted and claims is not None and claims.voter is not None:
            self._node.left(claims.meeting, claims.voter, self)
        self._socket = None

    def end_if(self, sign_in_hash: str) -> None:
        """Close when this connection's sign-in is the one that ended."""
        claims = self._session.claims
        if claims is not None and claims.sign_in_hash == sign_in_hash:
            self._hang(Close.SIGNED_OUT, "signed out")

    def stands(self, r: int, vote: CastVote, raised: int, votes: int, at: str) -> None:
        """Tell what this person cast, here or over another connection; after the welcome, which may be
        older."""
        if self._board is None:
            self._missed += ((r, vote, raised, votes, at),)
            return
        self._known += raised
        self.say(outbound.ack(r, vote.n, vote.on, votes, at))

    def behind(self, counters: Sequence[int]) -> bool:
        """True when this person cast something elsewhere that this connection may not know of. Each vote
        raises a counter, so the sum tells: also where another device shares this one's slot."""
        return sum(counters) > self._known

    async def tell_own(self) -> None:
        """Tell all their votes as they stand; while the store is away nothing, and the next look tells."""
        claims = self._session.claims
        if self._board is None or claims is None or claims.voter is None:
            return
        try:
            own = await self._node.own.ask(claims.meeting, claims.voter)
        except RedisError:
            return
        self._know(claims.meeting, claims.voter, own.counters)
        self._session.own |= set(own.own)
        self.say(outbound.own(own.votes, own.own, own.at))

    def _know(self, meeting: str, voter: int | None, counters: Sequence[int]) -> None:
        # A vote under way may be in these counters, and would be added once more with its answer.
        waits = voter is not None and self._node.waits(meeting, voter)
        self._known = UNKNOWN if waits or self._missed else sum(counters)

    def look(self, seen: Seen) -> None:
        """What this person saw, told by POST because this connection carries nothing upwards."""
        if self._board is None:
            return
        for effect in self._session.receive(seen, self._board, self._node.clock()):
            self._perform(effect)

    @property
    def network(self) -> bytes:
        """What stands for the network at the other end."""
        return self._socket.network if self._socket is not None else b""

    def say(self, payload: bytes) -> None:
        """Tell one message; nothing happens once the connection is gone."""
        if self._socket is not None:
            self._socket.send_frame(text_frame(payload))

    def refuse(self, r: int | None, refused: Refused, counter: int | None = None) -> None:
        """Tell a refusal, in the language of the ticket."""
        self.say(deeds.refusal_for(self.counts, self._session.claims, r, refused, counter))

    def _hang(self, code: Close, reason: str) -> None:
        if self._socket is not None:
            self._socket.close(int(code), reason)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case CastVote():
                claims = self._session.claims
                assert claims is not None, "the session admits nobody without a ticket"
                deeds.cast(self._node, self, claims, effect, self._slot)
            case Enter():
                if self._late is not None:
                    self._late.cancel()  # however long the store takes from here on
                self._node.start(self._enter(effect))
            case TakeSubmission():
                self._node.start(self._ask(effect.ask))
            case CountSeen():
                if self._board is not None:
                    self._node.expose(self._board.meeting.id, effect.numbers)
            case SetPassive():
                if self._socket is not None:
                    self._hub.set_passive(self._socket, effect.on)
            case Pong():
                self.say(outbound.PONG)
            case Refuse():
                self.refuse(effect.r, effect.refused)
            case Hang():
                self._hang(effect.code, effect.reason)
            case _:
                assert_never(effect)

    async def _enter(self, enter: Enter) -> None:
        try:
            await self._come_in(enter)
        finally:  # also where something broke: nobody is left to wait for a welcome
            if self._board is None:
                self._hang(Close.RESTART, "not let in")

    async def _come_in(self, enter: Enter) -> None:
        claims, own = enter.claims, OwnVotes([], [])
        self._slot = slot_of(enter.device)
        # Before we look at what is theirs: what they cast elsewhere meanwhile is told here, too.
        if self._socket is None or not self._admit_voter(claims.meeting, claims.voter):
            return
        try:
            board = await self._node.boards.follow(claims.meeting)
            if claims.voter is not None:
                own = await self._node.own.ask(claims.meeting, claims.voter)
        except RedisError:
            self.refuse(None, NOT_SAVED)
            self._hang(Close.RESTART, "store away")
            return
        except Refused as refused:  # the ticket is good, and its meeting is gone
            self.refuse(None, refused)
            self._hang(Close.SIGNED_OUT, refused.refusal.value)
            return
        if board.meeting.slug != self._slug:
            self._hang(Close.SIGNED_OUT, "ticket of another meeting")
            return
        if self._socket is None:
            return
        # A reader's ticket opens the stage: the same public frames, no votes, no person behind it.
        audience = STAGE if claims.role is Role.READER else ATTENDEES
        if audience == STAGE and self._hub.watching(claims.meeting, STAGE) >= STAGES_MAX:
            self._hang(Close.TOO_MANY, "too many stages of this meeting")
            return
        voter = claims.voter if claims.voter is not None else -1
        self._session.enter(set(own.own), self._node.budget(claims.meeting, voter))
        self._board = board
        self._know(claims.meeting, claims.voter, own.counters)
        counter = own.counters[self._slot]
        self.say(outbound.welcome(claims.role.value, own.votes, own.own, counter, own.at))
        missed, self._missed = self._missed, ()
        for told in missed:
            self.stands(*told)
        known = enter.position if enter.epoch == board.meeting.epoch else None
        self._hub.join(
            claims.meeting, audience, self._socket, known, self.end_if, claims.sign_in_hash
        )
        if claims.sign_in_hash:
            await self._watch_sign_in(claims)

    async def _watch_sign_in(self, claims: TicketClaims) -> None:
        """A ticket outlives its sign-in by up to 30 s, so look once more, now that an end is heard."""
        try:
            stands = await self._node.standing.ask(claims.meeting, claims.sign_in_hash)
        except RedisError:
            return  # what ended is not known now; the stream tells when the store is back
        left = (claims.until - self._node.clock()) / 1000
        if not stands or (claims.until and left <= 0):
            self._hang(Close.SIGNED_OUT, "signed out")
        elif claims.until and self._socket is not None:
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(left, self._hang, Close.SIGNED_OUT, "sign-in has ended")

    def _admit_voter(self, meeting: str, voter: int | None) -> bool:
        if voter is None:
            return True
        self._counted = self._node.enter(meeting, voter, self)
        if not self._counted:
            self._hang(Close.TOO_MANY, "too many tabs or devices at once")
        return self._counted

    async def _ask(self, ask: Ask) -> None:
        claims = self._session.claims
        number = await deeds.ask(self._node, self, claims, ask) if claims is not None else None
        if number is not None:
            self._session.own.add(number)
