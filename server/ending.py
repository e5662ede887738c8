"""How long each part of a server's orderly end may take, so that whoever waits for it waits longer.

A supervisor or a container's `stop_grace_period` that is shorter than the sum kills what would have ended
by itself.
"""

from __future__ import annotations

BEGIN_S = 1.0  # for requests of those who were let in: a browser may open a connection, ask nothing
VOTES_S = 5.0  # a round trip under way and one more, each to a store that falls silent
SPREAD_S = 2.0  # over which sockets are told to come back
SOCKETS_S = 5.0  # for their farewells
IDLE_S = 0.5  # for connections between two requests to close
REST_S = 3.0  # the application's own end, background tasks, the store's connections, threads
MARGIN_S = 4.0  # a core that is shared, thousands of sockets to write to


def slowest_s(graceful_s: float) -> float:
    """The longest orderly end of a server that waits `graceful_s` for answers under way."""
    answers_s = max(SOCKETS_S + IDLE_S, graceful_s)
    return BEGIN_S + VOTES_S + SPREAD_S + answers_s + REST_S


def patience_s(graceful_s: float) -> float:
    """How long to wait for a server that was told to end before it is killed."""
    return slowest_s(graceful_s) + MARGIN_S
