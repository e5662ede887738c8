"""Seeded histories of the page's outbox against a forgetful server, as many as one likes:
`python -m tests.frontend.histories 20000` (docs/reliability.md)."""

from __future__ import annotations

import sys

from tests.frontend.running import Case, in_node

STEPS = 80


def case(count: int, exchange: bool = True) -> Case:
    """So many histories; without `exchange` the server's word is taken at each connection and no more."""
    return "histories", {"first": 1, "count": count, "steps": STEPS, "exchange": exchange}


def main(count: int) -> int:
    """0 when none of them went wrong."""
    (with_exchange, without) = in_node([case(count), case(count, exchange=False)])
    print(
        f"{count:,} histories of {STEPS} steps, {with_exchange['forgot']:,} with a server that forgot:"
        f" {with_exchange['wrong']:,} diverged; without the exchange {without['wrong']:,}."
    )
    if with_exchange["example"]:
        print(with_exchange["example"])
    return int(with_exchange["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
