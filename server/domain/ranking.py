"""The orders of a board: one total order by votes, newest, and a seeded fair order. Pure.

Redis (a score), Python and JavaScript (frontend/static/js/ranking.js) give the same order; the
shared vectors in tests/vectors/ranking.json hold all of them to it.
"""

from __future__ import annotations

MAX_NUMBER = 2**24 - 1
MAX_VOTES = 2**28 - 1  # score stays below 2^52, exact in a double
_MASK = 0xFFFFFFFF


def wanted_key(votes: int, number: int) -> tuple[int, int]:
    """Sort key of "most wanted": more votes first, then the lower number."""
    return (-votes, number)


def newest_key(number: int) -> int:
    """Sort key of "newest": the higher number first."""
    return -number


def fair_key(seen: int, seed: int, number: int) -> tuple[int, int, int]:
    """Sort key of the fair order: rarely seen bands first, shuffled per person within a band.

    The band changes only when `seen` doubles, so the order is stable while somebody reads.
    """
    return (seen.bit_length(), mix(seed, number), number)


def mix(seed: int, number: int) -> int:
    """A 32-bit hash of both, the same in JavaScript with Math.imul."""
    value = (seed ^ (number * 0x9E3779B1)) & _MASK
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & _MASK
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & _MASK
    return value ^ (value >> 16)


def score(votes: int, number: int) -> int:
    """The sorted-set score whose descending order is `wanted_key`'s; ValueError out of range."""
    if not 0 <= votes <= MAX_VOTES or not 0 < number <= MAX_NUMBER:
        raise ValueError(f"no score for {votes} votes on number {number}")
    return votes * 2**24 + (MAX_NUMBER - number)


def from_score(value: int) -> tuple[int, int]:
    """(votes, number) of a score made by `score`."""
    votes, rest = divmod(value, 2**24)
    return votes, MAX_NUMBER - rest
