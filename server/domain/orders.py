"""The board's orders by name. Each is total, and the same in the browser."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from server.domain.board import Row
from server.domain.ranking import fair_key, newest_key, wanted_key


class Order(StrEnum):
    """Interface format: add, never rename."""

    WANTED = "wanted"
    NEWEST = "newest"
    FAIR = "fair"


def ordered(rows: Iterable[Row], order: Order, seed: int) -> list[Row]:
    """The rows in an order; `seed` (32 bit) is the reader's own, for the fair one."""
    match order:
        case Order.WANTED:
            return sorted(rows, key=lambda row: wanted_key(row.votes, row.n))
        case Order.NEWEST:
            return sorted(rows, key=lambda row: newest_key(row.n))
        case Order.FAIR:
            return sorted(rows, key=lambda row: fair_key(row.seen, seed, row.n))
