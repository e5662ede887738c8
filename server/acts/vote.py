"""One vote outside a socket (plain form, API), and which votes are one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.limits import Rate, take_or_refuse
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.store import keys, typed, votes
from server.store.votes import DEVICE_SLOTS, Answer, Held, HeldOf, Wish, slot_of

FORM = "form"  # the device that votes by pages without a script
STALE_DETAIL = "A later vote of yours is known already; the page shows it."


@dataclass(frozen=True, slots=True)
class VoteResult:
    """A counted vote: the public number, what stands now, and the tally."""

    n: int
    on: bool
    votes: int


@dataclass(frozen=True, slots=True)
class OwnVotes:
    """Public numbers that one person has voted for, and those that they asked; the place in the event
    stream at which the votes were so; the highest counter seen from each of their device slots."""

    votes: list[int]
    own: list[int]
    at: str = "0-0"
    counters: list[int] = field(default_factory=lambda: [0] * DEVICE_SLOTS)


def refusal_of(answer: Answer) -> Refused | None:
    """The refusal that a store answer means, or None when the vote counts."""
    if answer.status == votes.COUNTED:
        return None
    if answer.status == votes.STALE:
        return Refused(Refusal.STALE, STALE_DETAIL)
    if answer.status == votes.CLOSED:
        return Refused(Refusal.CLOSED, "Voting is closed now.")
    if answer.status == votes.OWN:
        return Refused(Refusal.OWN_QUESTION, "You asked this question, so you cannot vote for it.")
    return Refused(Refusal.NOT_LISTED, "This question is not open for votes.")


async def cast_now(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    n: int,
    on: bool,
    counter: int,
    device: str,
    pace: Rate,
) -> VoteResult:
    """Count one vote durably; refused in words where the rules say no. Safe to repeat.

    All servers share a person's `pace`, because the store counts; each try takes one of it.
    From the device FORM the last to come wins, whatever its counter.
    """
    if sign_in.voter is None:
        raise Refused(Refusal.FORBIDDEN, "Only attendees can vote. Join the meeting first.")
    bucket = f"vote:{meeting.id}:{sign_in.voter}"
    await take_or_refuse(
        store,
        bucket,
        pace.per_s,
        pace.burst,
        "That was faster than one person votes. Please wait {wait} and try again.",
    )
    q = await typed.hget(store, keys.numbers(meeting.id), str(n))
    if q is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number.")
    head = await typed.hget(store, keys.question(meeting.id, q), "head")
    if head:
        q = head  # merged: the vote goes to the question that stands for both
        n = int(await typed.hget(store, keys.lineage(meeting.id), str(n)) or n)
    wish = Wish(q, sign_in.voter, on, counter, slot_of(device))
    answer = (await votes.cast(store, meeting.id, [wish]))[0]
    if answer.status == votes.STALE and device == FORM:
        # A plain form keeps no counter and sends the clock's time, and a clock may have been set back.
        again = Wish(q, sign_in.voter, on, answer.counter + 1, wish.slot)
        answer = (await votes.cast(store, meeting.id, [again]))[0]
    refused = refusal_of(answer)
    if refused is not None:
        raise refused
    return VoteResult(n, on, answer.votes)


async def own_votes(store: Redis, meeting: str, voter: int) -> OwnVotes:
    """One person's votes and questions by public number, in few round trips."""
    return (await own_votes_of(store, meeting, [voter], {}))[0]


async def own_votes_of(
    store: Redis, meeting: str, people: Sequence[int], known: dict[int, str]
) -> list[OwnVotes]:
    """The same of each voter, in one round trip where `known`, the questions' ids by
    public number, is up to date; else it is brought up to date first.

    A merged question's votes and asker count for its head; its own number is not voted on.
    """
    found = await votes.held(store, meeting, people, list(known.values()))
    if found.given != len(known):
        numbers = await typed.hgetall(store, keys.numbers(meeting))
        known.update((int(n), q) for n, q in numbers.items())
        found = await votes.held(store, meeting, people, list(known.values()))
    return [_by_number(held, known, found) for held in found.people]


def _by_number(held: Held, known: dict[int, str], found: HeldOf) -> OwnVotes:
    heads = found.heads
    numbers = list(known)
    mine = sorted(n for n in (numbers[at] for at in held.voted) if n not in heads)
    own = {n for n, q in known.items() if q in held.asked} if held.asked else set[int]()
    own |= {heads[n] for n in own if n in heads}
    return OwnVotes(mine, sorted(own), found.at, held.counters)
