"""One connection's conversation, without I/O: typed messages in, effects out; it never awaits."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain import voting
from server.domain.board import Board
from server.domain.refusals import Refusal, Refused
from server.domain.roles import may
from server.protocol import ticket
from server.protocol.close_codes import Close
from server.protocol.inbound import Ask, Hello, Inbound, Passive, Ping, Seen, Vote
from server.protocol.permissions import MESSAGES
from server.session.budget import Budget
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

SEEN_EVERY_S = 10
NONE: frozenset[int] = frozenset()  # one for all: an empty set of one's own is 216 bytes


class Session:
    """Waits for hello, then admits votes, submissions and looks of one person."""

    __slots__ = (
        "_counted",
        "_entered",
        "_secret",
        "_seen_budget",
        "_votes",
        "claims",
        "device",
        "own",
    )

    def __init__(self, secret: bytes, now: int) -> None:
        self._secret = secret
        self._seen_budget = Budget(1 / SEEN_EVERY_S, 2, now)
        self._counted: frozenset[int] = NONE
        self._votes: Budget | None = None
        self._entered = False
        self.claims: ticket.TicketClaims | None = None
        self.device = ""
        self.own: set[int] = set()

    def enter(self, own: set[int], votes: Budget) -> None:
        """The wire has admitted this person: their own questions, and the budget that all their
        connections share."""
        self.own, self._votes, self._entered = own, votes, True

    def receive(self, message: Inbound, board: Board | None, now: int) -> Sequence[Effect]:
        """What to do about one message. Before hello anything else ends the connection."""
        if isinstance(message, Hello):
            return self._hello(message, now)
        if not self._entered or board is None:
            return [Hang(Close.BAD_MESSAGE, "hello comes first")]
        match message:
            case Vote():
                return [self._vote(message, board, now)]
            case Ask():
                return [self._ask(message)]
            case Seen():
                return self._seen(message, board, now)
            case Passive():
                return [SetPassive(message.on)]
            case Ping():
                return [Pong()]

    def _hello(self, hello: Hello, now: int) -> Sequence[Effect]:
        if self.claims is not None:
            return [Hang(Close.BAD_MESSAGE, "hello comes once")]
        try:
            claims = ticket.verify(self._secret, hello.ticket, now)
        except Refused as refused:
            return [Refuse(None, refused), Hang(Close.SIGNED_OUT, refused.refusal.value)]
        if not may(claims.role, MESSAGES[Hello]):
            refusal = Refused(Refusal.FORBIDDEN, "Your role does not allow this.")
            return [Refuse(None, refusal), Hang(Close.SIGNED_OUT, refusal.refusal.value)]
        self.claims, self.device = claims, hello.d
        return [Enter(claims, hello.d, hello.epoch, hello.pos)]

    def _may(self, message: Inbound) -> bool:
        return self.claims is not None and may(self.claims.role, MESSAGES[type(message)])

    def _vote(self, vote: Vote, board: Board, now: int) -> Effect:
        if not self._may(vote) or self._votes is None or self.claims is None:
            return Refuse(vote.r, Refused(Refusal.FORBIDDEN, "Only attendees can vote."))
        if self.claims.voter is None:  # destroyed when the meeting closed
            return Refuse(vote.r, Refused(Refusal.CLOSED, "Voting is closed now."))
        wait = self._votes.take(now)
        if wait:
            detail = "That was faster than one person votes. We will try again in a moment."
            return Refuse(vote.r, Refused(Refusal.TOO_FAST, detail, retry_in=round(wait, 3)))
        row = board.votable(vote.n)
        own = vote.n in self.own or (row is not None and row.n in self.own)
        try:
            voting.admit(row.state if row else None, own, board.meeting.votes_open())
        except Refused as refused:
            return Refuse(vote.r, refused)
        if row is None:
            raise AssertionError("a vote without a row is refused above")
        return CastVote(vote.r, row.n, row.q, vote.on, vote.c)

    def _ask(self, ask: Ask) -> Effect:
        if not self._may(ask):
            return Refuse(ask.r, Refused(Refusal.FORBIDDEN, "Only attendees can ask."))
        return TakeSubmission(ask)

    def _seen(self, seen: Seen, board: Board, now: int) -> Sequence[Effect]:
        if not self._may(seen):
            return []  # a stage is no pair of eyes: it must not move the fair order
        fresh = frozenset(n for n in seen.n if n in board.rows) - self._counted
        if not fresh or self._seen_budget.take(now):
            return []
        self._counted |= fresh
        return [CountSeen(fresh)]
