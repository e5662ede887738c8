"""A process keeps the boards that are in use, and no others."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from server.acts import admission
from tests.acts.building import NOW, live_town
from tests.live.half import dial, greet, hear, live_half, signed


async def test_a_board_that_nobody_listens_to_or_asks_for_is_let_go_and_comes_back(
    store: Redis,
) -> None:
    quiet, busy = await live_town(store), await live_town(store)
    quiet_id, busy_id = quiet.meeting.id, busy.meeting.id
    question, other = await quiet.listed(), await busy.listed()
    joined = await admission.join(store, busy.meeting, busy.meeting.code, NOW)
    async with live_half(store) as half:
        boards = half.node.boards

        async def followed(which: set[str]) -> None:
            async with asyncio.timeout(30):
                while set(boards.positions()) != which:
                    await asyncio.sleep(0.005)

        await boards.follow(quiet_id)
        async with dial(half.port, busy) as socket:
            await greet(socket, signed(joined, joined.sign_in.expires_at))
            await hear(socket, "snapshot")
            assert set(boards.positions()) == {quiet_id, busy_id}
            assert set(boards.ids(busy_id)) == {other.number}
            boards.idle_s = 0.0
            await followed({busy_id})
            await busy.listed()
            await hear(socket, "delta")
        await followed(set())
        boards.idle_s = 600.0
        await boards.follow(busy_id)
        assert boards.ids(busy_id) == {}  # filled anew when somebody comes
        assert question.number in (await boards.follow(quiet_id)).rows
        await followed({quiet_id, busy_id})
