"""Votes in the store: batches in, answers out, and whose votes stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.store import keys, typed
from server.store.call import call, check, confirm, needed

COUNTED, STALE, CLOSED, OWN, NOT_LISTED = 1, 2, 3, 4, 5
DEVICE_SLOTS = 16


# Structs, not frozen dataclasses: a server core makes 20,000 of each a second, and these are
# cheaper to make.
class Wish(msgspec.Struct, frozen=True, gc=False):
    """One person's absolute wish for one question: counted or not. The highest counter wins."""

    q: str
    voter: int
    on: bool
    counter: int
    slot: int


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What became of a wish: a status above, the tally after the batch so far, the counter that was known of
    its device slot before, and the place in the meeting's event stream at which all this was so."""

    status: int
    votes: int
    counter: int
    at: str

    def raised(self, wish: Wish) -> int:
        """By how much the counter of the wish's slot is higher now: 0 where the wish counted before, and
        where it does not count."""
        return max(0, wish.counter - self.counter) if self.status == COUNTED else 0


def slot_of(device: str) -> int:
    """A device's counter slot. Sixteen a person bound the memory; two devices in one slot only make
    each other's counters jump."""
    return crc32(device.encode()) % DEVICE_SLOTS


async def cast(redis: Redis, meeting: str, wishes: Sequence[Wish]) -> list[Answer]:
    """Count a batch in one function call; answers in the order of `wishes`. Idempotent.

    Raises redis.RedisError when the store did not answer: each wish may or may not stand, and it is
    safe to cast it again.
    """
    used, run = _batch(meeting, wishes)
    return _answers(await call(redis, "count_votes", used, [run]))


async def cast_all(
    redis: Redis, batches: Sequence[tuple[str, Sequence[Wish]]]
) -> list[list[Answer] | None]:
    """Count many batches (meeting, wishes), one function call each, in one round trip.

    In the order of `batches`: the answers, or None where the store refused that one call: its wishes
    do not stand. Raises redis.RedisError as `cast` does.
    """
    pipe = redis.pipeline(transaction=False)
    for meeting, wishes in batches:
        used, run = _batch(meeting, wishes)
        pipe.fcall("count_votes", len(used), *used, run)
    if replicas := needed(redis):
        confirm(pipe, replicas)
    found = await pipe.execute(raise_on_error=False)
    if replicas:
        check(found.pop(), replicas)
    return [None if isinstance(told, RedisError) else _answers(told) for told in found]


def _batch(meeting: str, wishes: Sequence[Wish]) -> tuple[list[str], bytes]:
    index: dict[str, int] = {}
    used = [keys.meeting(meeting), keys.ranked(meeting)]
    used += [keys.seen_counters(meeting), keys.events(meeting), keys.active(meeting)]
    run: list[int] = []
    for wish in wishes:
        at = index.get(wish.q)
        if at is None:
            at = index[wish.q] = len(index) + 1
            q = wish.q
            used += (keys.question(meeting, q), keys.voters(meeting, q))
            used += (keys.took_back(meeting, q), keys.barred(meeting, q))
        run += (at, wish.voter, int(wish.on), wish.counter, wish.slot)
    return used, msgspec.msgpack.encode(run)


def _answers(run: str) -> list[Answer]:
    told, _, at = run.rpartition(" ")
    numbers = map(int, told.split())
    return [Answer(*answer, at) for answer in zip(numbers, numbers, numbers, strict=True)]


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds of one person: those of the questions in question that they voted for, by
    index; the ids of those that they asked; the highest counter seen from each device slot, which is
    never newer than the votes."""

    voted: list[int]
    asked: set[str]
    counters: list[int]


@dataclass(frozen=True, slots=True)
class HeldOf:
    """The same of some people, at which place in the event stream their votes were so, and what the
    meeting's numbers are at that moment: how many are given, and the head's number of each that is
    merged."""

    people: list[Held]
    at: str
    given: int
    heads: dict[int, int]


async def held(
    redis: Redis, meeting: str, people: Sequence[int], questions: Sequence[str]
) -> HeldOf:
    """What is theirs, of each voter, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    pipe.hlen(keys.numbers(meeting))
    pipe.hgetall(keys.lineage(meeting))
    pipe.hmget(keys.seen_counters(meeting), _slots(people))
    for voter in people:
        pipe.smembers(keys.asked(meeting, voter))
    if questions:
        used = [keys.events(meeting), *(keys.voters(meeting, q) for q in questions)]
        pipe.fcall("votes_of", len(used), *used, *people)
    given, lineage, found, *asked = await pipe.execute()
    told = asked.pop() if questions else ["0-0", *([] for _ in people)]
    at, bits = str(told[0]), told[1:]
    each = zip(bits, asked, _by_person(found), strict=True)
    return HeldOf(
        [Held([at - 1 for at in ats], ids, known) for ats, ids, known in each],
        at,
        given,
        {int(n): int(head) for n, head in lineage.items()},
    )


async def counters(redis: Redis, meeting: str, people: Sequence[int]) -> list[list[int]]:
    """The highest counter known from each device slot of each voter: whoever casts a vote raises one, so
    the sum tells whether anything was cast."""
    return _by_person(await typed.hmget(redis, keys.seen_counters(meeting), _slots(people)))


def _slots(people: Sequence[int]) -> list[str]:
    return [str(voter * DEVICE_SLOTS + slot) for voter in people for slot in range(DEVICE_SLOTS)]


def _by_person(found: Sequence[str | None]) -> list[list[int]]:
    known = [int(one or 0) for one in found]
    return [known[at : at + DEVICE_SLOTS] for at in range(0, len(known), DEVICE_SLOTS)]


async def count_exposure(redis: Redis, meeting: str, looks: Mapping[int, int]) -> None:
    """Add looks by public number. A repeat after a failure may count some twice; bands absorb it."""
    run: list[str | int] = []
    for number, times in looks.items():
        run += (number, times)
    await call(redis, "count_exposure", [keys.exposure(meeting), keys.events(meeting)], run)
