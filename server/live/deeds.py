"""What a person does by a message, whichever way it came: votes to the batcher, questions to the store."""

from __future__ import annotations

from typing import Protocol

from redis.exceptions import RedisError

from server.acts import meetings, submit
from server.acts.admission import SignIn
from server.acts.limits import refuse_network
from server.acts.vote import refusal_of
from server.catalogue import DEFAULT, NAMES, refusal
from server.domain.refusals import Refusal, Refused
from server.domain.seal import sealed
from server.live import measures
from server.live.node import Node
from server.protocol import outbound
from server.protocol.inbound import Ask
from server.protocol.ticket import TicketClaims
from server.session.effects import CastVote
from server.store.votes import Answer, Wish

NOT_SAVED = Refused(Refusal.NOT_SAVED, "Not saved yet. We keep it and try again.", retry_in=1.0)
BUSY = Refused(Refusal.BUSY, "Very many vote right now. We try again in a moment.", retry_in=2.0)


class Voice(Protocol):
    """Who tells a person what became of their message, and under which door it is counted."""

    counts: measures.Counts

    @property
    def network(self) -> bytes | None:
        """What stands for the network that a question's budget is taken from; None where it is already."""

    def say(self, payload: bytes) -> None:
        """Tell this person one message; nothing happens where they are gone."""

    def stands(self, r: int, vote: CastVote, raised: int, votes: int, at: str) -> None:
        """Tell that their vote is counted, as the answer to `r`."""

    def refuse(self, r: int | None, refused: Refused, counter: int | None = None) -> None:
        """Tell a refusal in their language."""


def refusal_for(
    counts: measures.Counts,
    claims: TicketClaims | None,
    r: int | None,
    refused: Refused,
    counter: int | None,
) -> bytes:
    """The message of a refusal in the language of the ticket; it is counted."""
    counts.refusals[refused.refusal].inc()
    lang = claims.lang if claims is not None and claims.lang in NAMES else DEFAULT
    return outbound.refused(r, refused, refusal(lang, refused), counter)


def cast(node: Node, voice: Voice, claims: TicketClaims, vote: CastVote, slot: int) -> None:
    """Count one admitted wish. `voice` tells once: when it is durable, or why it does not count."""
    voter = claims.voter
    if voter is None:
        raise AssertionError("the session admits votes of attendees alone")
    wish = Wish(vote.q, voter, vote.on, vote.counter, slot)

    def done(answer: Answer | None) -> None:
        node.answered(claims.meeting, voter)
        if answer is None:
            voice.refuse(vote.r, NOT_SAVED)
            return
        refused = refusal_of(answer)
        if refused is None:
            voice.counts.votes.inc()
            told = vote, answer.raised(wish), answer.votes, answer.at
            voice.stands(vote.r, *told)
            for other in node.others(claims.meeting, voter, voice):
                other.stands(0, *told)
        else:
            stale = refused.refusal is Refusal.STALE
            voice.refuse(vote.r, refused, answer.counter if stale else None)

    if node.batcher.add(claims.meeting, wish, done):
        node.took(claims.meeting, voter)
    else:
        voice.refuse(vote.r, BUSY)


async def ask(node: Node, voice: Voice, claims: TicketClaims, asked: Ask) -> int | None:
    """Submit one question; `voice` tells what became of it. Its public number where it has one yet."""
    try:
        name, now = voice.network, node.clock()
        if name is not None:
            refuse_network(node.networks.take_named(name, node.pace.network_per_min, now))
        meeting = await meetings.by_id(node.store, claims.meeting)
        if meeting is None:
            raise Refused(Refusal.UNKNOWN, "There is no such meeting.")
        receipt = await submit.submit(
            node.store,
            meeting,
            _sign_in(claims),
            q=asked.q,
            text=asked.text,
            lang=asked.lang,
            name=asked.name,
            via=voice.counts.via,
            secret=node.secret,
            now=now,
            after=asked.after,
            seal=sealed(asked.salt, *((asked.hl.w, asked.hl.a) if asked.hl else (None, None))),
        )
        number = receipt.number or await node.boards.numbered(meeting.id, asked.q)
    except Refused as refused:
        voice.refuse(asked.r, refused)
        return None
    except RedisError:
        voice.refuse(asked.r, NOT_SAVED)
        return None
    voice.counts.questions.inc()
    voice.say(outbound.asked(asked.r, asked.q, number, receipt.fate))
    return number


def _sign_in(claims: TicketClaims) -> SignIn:
    who = (claims.role, claims.voter, claims.label, claims.meeting)
    return SignIn(*who, claims.expires, claims.sign_in_hash)
