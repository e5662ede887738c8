"""What a storm of joins costs: the board is read once and encoded once, however many come."""

from __future__ import annotations

import asyncio
from collections import Counter

from redis.asyncio import Redis

from server.live.boards import Boards
from server.live.hub import Hub
from tests.acts.building import live_town
from tests.live.test_hub import Ear, socket

CROWD = 200
READS = ("hgetall", "zcard", "zrange", "hmget", "xrevrange", "bitcount")


class Keeping(Ear):
    """A socket that keeps the frames themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []

    def send_frame(self, frame: bytes) -> None:
        self.frames.append(frame)


async def commands(store: Redis) -> Counter[str]:
    """How often the store has heard each command that reads a board; a connection's own, such as the
    greeting of one that is made anew, tell nothing of it."""
    found = await store.info("commandstats")
    return Counter({name: found[f"cmdstat_{name}"]["calls"] for name in READS})


async def test_two_hundred_who_come_at_once_cost_the_store_what_one_does(store: Redis) -> None:
    town = await live_town(store)
    for _ in range(3):
        await town.listed()
    spent = []
    await Boards(store).follow(town.meeting.id)  # so that the store has heard of each command
    for crowd in (1, CROWD):
        boards, before = Boards(store), await commands(store)
        found = await asyncio.gather(*(boards.follow(town.meeting.id) for _ in range(crowd)))
        spent.append(await commands(store) - before)
        assert all(board is found[0] for board in found)
    assert spent[1] == spent[0] and set(spent[0]) == set(READS)


async def test_their_snapshot_is_encoded_once_until_the_board_changes(store: Redis) -> None:
    town, boards = await live_town(store), Boards(store)
    await town.listed()
    board = await boards.follow(town.meeting.id)
    hub, ears = Hub(boards, 250), [Keeping() for _ in range(CROWD)]
    for ear in ears:
        hub.join(town.meeting.id, "attendee", socket(ear), None, lambda _: None)
    (first,) = ears[0].frames
    assert all(ear.frames == [first] and ear.frames[0] is first for ear in ears)
    board.tally(1, 5)
    board.position = "9999999999999-0"
    late = Keeping()
    hub.join(town.meeting.id, "attendee", socket(late), None, lambda _: None)
    assert late.frames != [first]
