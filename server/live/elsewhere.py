"""What people cast at other server processes, told to their connections here.

At one process a person's other devices hear of a vote at once (deeds.cast). Processes tell each other
totals alone, never whose votes they are. So each looks every few seconds whether those who are connected
to it cast anything that it has not seen, and tells those few all their votes anew. Who has a vote under way
is looked at the next time: the store may have counted it, and its answer has not come.
A look costs as many counters as there are people connected times DEVICE_SLOTS, in pieces of AT_ONCE
people, so that no tick waits for all of them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog
from redis.exceptions import RedisError

from server.live.node import Node
from server.store import votes

LOOK_EVERY_S = 15.0
AT_ONCE = 64  # people in one question to the store: DEVICE_SLOTS counters each
log = structlog.get_logger()


async def tell_elsewhere(node: Node, every_s: float = LOOK_EVERY_S) -> None:
    """Look until cancelled. Where a meeting's stream did not move nobody is looked after; a look that did not
    reach all is made again the next time."""
    looked: dict[str, str] = {}
    while True:
        await asyncio.sleep(every_s)
        people: defaultdict[str, list[int]] = defaultdict(list)
        for meeting, voter in node.voters():
            people[meeting].append(voter)
        before, looked = looked, {}
        for meeting, voters in people.items():
            board = node.boards.last(meeting)
            position = board.position if board is not None else ""
            if position == before.get(meeting) or await look(node, meeting, voters):
                looked[meeting] = position


async def look(node: Node, meeting: str, voters: list[int]) -> bool:
    """Tell those who are behind. False when the store did not answer, or somebody's vote is under way."""
    reached = True
    for at in range(0, len(voters), AT_ONCE):
        some = voters[at : at + AT_ONCE]
        try:
            found = await votes.counters(node.store, meeting, some)
        except RedisError as error:
            log.warning("votes_elsewhere_unknown", error=type(error).__name__)
            return False
        behind = [
            one
            for voter, counters in zip(some, found, strict=True)
            if not node.waits(meeting, voter)
            for one in node.present(meeting, voter)
            if one.behind(counters)
        ]
        reached = reached and not any(node.waits(meeting, voter) for voter in some)
        await asyncio.gather(*(one.tell_own() for one in behind))
    return reached
