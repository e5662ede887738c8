"""One socket's wire: frames to the session, the session's effects to the world (V3, V4, V6, V8)."""

from __future__ import annotations

import asyncio
import time
from typing import assert_never

from redis.exceptions import RedisError

from server.acts import meetings, submit
from server.acts.admission import SignIn
from server.acts.limits import refuse_network
from server.acts.vote import OwnVotes, refusal_of
from server.catalogue import DEFAULT, NAMES, refusal
from server.domain.board import Board
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.domain.seal import sealed
from server.live import measures
from server.live.frames import text_frame
from server.live.hub import ATTENDEES, STAGE, Hub
from server.live.node import Node
from server.live.socket import LiveSocket
from server.protocol import inbound, outbound
from server.protocol.close_codes import Close
from server.protocol.inbound import Ask
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
from server.store.votes import Answer, Wish, slot_of

# Projectors and overlays of one meeting on one process; no sign-in stands behind them.
STAGES_MAX = 500
NOT_SAVED = Refused(Refusal.NOT_SAVED, "Not saved yet. We keep it and try again.", retry_in=1.0)
BUSY = Refused(Refusal.BUSY, "Very many vote right now. We try again in a moment.", retry_in=2.0)


class Conversation:
    """Speaks for one attendee (or member of staff) from upgrade to close."""

    __slots__ = (
        "_board",
        "_counted",
        "_end",
        "_hub",
        "_late",
        "_missed",
        "_node",
        "_session",
        "_slot",
        "_slug",
        "_socket",
    )

    def __init__(self, node: Node, hub: Hub, slug: str) -> None:
        self._node = node
        self._hub = hub
        self._slug = slug
        self._session = Session(node.secret, node.clock())
        self._socket: LiveSocket | None = None
        self._board: Board | None = None
        self._late: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._counted = False
        self._missed: tuple[tuple[int, bool, int], ...] = ()
        self._slot = 0

    def opened(self, socket: LiveSocket) -> None:
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
            self._refuse(None, refused)
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

    def stands(self, n: int, on: bool, votes: int) -> None:
        """Tell what this person cast over another connection; after the welcome, which may be older."""
        if self._board is None:
            self._missed += ((n, on, votes),)
        else:
            self._send(outbound.ack(0, n, on, votes))

    def _send(self, payload: bytes) -> None:
        if self._socket is not None:
            self._socket.send_frame(text_frame(payload))

    def _refuse(self, r: int | None, refused: Refused, counter: int | None = None) -> None:
        measures.SOCKET_REFUSALS[refused.refusal].inc()
        claims = self._session.claims
        lang = claims.lang if claims is not None and claims.lang in NAMES else DEFAULT
        self._send(outbound.refused(r, refused, refusal(lang, refused), counter))

    def _hang(self, code: Close, reason: str) -> None:
        if self._socket is not None:
            self._socket.close(int(code), reason)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Enter():
                self._node.start(self._enter(effect))
            case CastVote():
                self._cast(effect)
            case TakeSubmission():
                self._node.start(self._ask(effect.ask))
            case CountSeen():
                if self._board is not None:
                    self._node.expose(self._board.meeting.id, effect.numbers)
            case SetPassive():
                if self._socket is not None:
                    self._hub.set_passive(self._socket, effect.on)
            case Pong():
                self._send(outbound.PONG)
            case Refuse():
                self._refuse(effect.r, effect.refused)
            case Hang():
                self._hang(effect.code, effect.reason)
            case _:
                assert_never(effect)

    async def _enter(self, enter: Enter) -> None:
        claims, own = enter.claims, OwnVotes([], [])
        self._slot = slot_of(enter.device)
        # Before we look at what is theirs: what they cast elsewhere meanwhile is told here, too.
        if self._socket is None or not self._admit_voter(claims.meeting, claims.voter):
            return
        try:
            board = await self._node.boards.follow(claims.meeting)
            if claims.voter is not None:
                own = await self._node.own.ask(claims.meeting, (claims.voter, self._slot))
        except RedisError:
            self._refuse(None, NOT_SAVED)
            self._hang(Close.RESTART, "store away")
            return
        except Refused as refused:  # the ticket is good, and its meeting is gone
            self._refuse(None, refused)
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
        if self._late is not None:
            self._late.cancel()
        voter = claims.voter if claims.voter is not None else -1
        self._session.enter(set(own.own), self._node.budget(claims.meeting, voter))
        self._board = board
        self._send(outbound.welcome(claims.role.value, own.votes, own.own, own.counter))
        missed, self._missed = self._missed, ()
        for n, on, votes in missed:
            self.stands(n, on, votes)
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

    def _cast(self, vote: CastVote) -> None:
        claims = self._session.claims
        if claims is None or claims.voter is None:
            raise AssertionError("the session admits votes of attendees alone")
        began = time.perf_counter()
        wish = Wish(vote.q, claims.voter, vote.on, vote.counter, self._slot)

        def done(answer: Answer | None) -> None:
            if answer is None:
                self._refuse(vote.r, NOT_SAVED)
                return
            refused = refusal_of(answer)
            if refused is None:
                measures.SOCKET_VOTES.inc()
                measures.ACK.observe(time.perf_counter() - began)
                self._send(outbound.ack(vote.r, vote.n, vote.on, answer.votes))
                for other in self._node.others(claims.meeting, wish.voter, self):
                    other.stands(vote.n, vote.on, answer.votes)
            else:
                stale = refused.refusal is Refusal.STALE
                self._refuse(vote.r, refused, answer.counter if stale else None)

        if not self._node.batcher.add(claims.meeting, wish, done):
            self._refuse(vote.r, BUSY)

    def _take_from_network(self) -> None:
        if self._socket is not None:
            name, per_min = self._socket.network, self._node.pace.network_per_min
            refuse_network(self._node.networks.take_named(name, per_min, self._node.clock()))

    async def _ask(self, ask: Ask) -> None:
        claims = self._session.claims
        if claims is None:
            return
        who = (claims.role, claims.voter, claims.label, claims.meeting)
        sign_in = SignIn(*who, claims.expires, claims.sign_in_hash)
        try:
            self._take_from_network()
            meeting = await meetings.by_id(self._node.store, claims.meeting)
            if meeting is None:
                raise Refused(Refusal.UNKNOWN, "There is no such meeting.")
            receipt = await submit.submit(
                self._node.store,
                meeting,
                sign_in,
                q=ask.q,
                text=ask.text,
                lang=ask.lang,
                name=ask.name,
                via="socket",
                secret=self._node.secret,
                now=self._node.clock(),
                after=ask.after,
                seal=sealed(ask.salt, *((ask.hl.w, ask.hl.a) if ask.hl else (None, None))),
            )
            number = receipt.number or await self._node.boards.numbered(meeting.id, ask.q)
        except Refused as refused:
            self._refuse(ask.r, refused)
        except RedisError:
            self._refuse(ask.r, NOT_SAVED)
        else:
            measures.SOCKET_QUESTIONS.inc()
            if number is not None:
                self._session.own.add(number)
            self._send(outbound.asked(ask.r, ask.q, number, receipt.fate))
