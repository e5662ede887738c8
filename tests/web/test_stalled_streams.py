"""Who listens by a stream and does not read: passed by, brought up to date later, or cut."""

from __future__ import annotations

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.live import stream as live_stream
from server.live.frames import text_frame
from server.live.port import Port
from tests.acts.building import Town, live_town
from tests.web.browsing import until
from tests.web.hearing import WITHIN_S, Ear, listen_to, port_of, someone, streams_of


async def stalled(
    app: Quart, town: Town, port: Port, within_s: float, patched: pytest.MonkeyPatch
) -> Ear:
    """A listener who reads no more, with all buffers full; cut after `within_s`. As long as it reads, a slow
    machine has its time."""
    ear = await listen_to(port, town.meeting.slug, await (await someone(app, town)).ticket())
    await ear.hear("snapshot")
    (stream,) = streams_of(app).door.open
    patched.setattr(live_stream, "BLOCKED_S", within_s)
    ear.writer.transport.pause_reading()  # type: ignore[attr-defined]
    big = text_frame(b'{"t":"delta","padding":"%b"}' % (b"x" * 30_000))

    async def full() -> bool:
        return not stream.offer(big)

    await until(full, "a listener who does not read takes no more")
    return ear


async def test_who_does_not_read_is_passed_by_and_then_brought_up_to_date(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    other = await someone(app, town)
    async with port_of(app) as port:
        ear = await stalled(app, town, port, WITHIN_S, monkeypatch)
        for c in (1, 2, 3):
            await other.one(t="vote", n=n, on=c != 2, c=c, r=c)
            await streams_of(app).node.boards.caught_up(town.meeting.id)
        ear.writer.transport.resume_reading()  # type: ignore[attr-defined]
        while not (tallies := (await ear.hear("delta")).get("tallies")):
            pass
        assert tallies == [[n, 1]]  # one merged frame, not three


async def test_who_never_reads_again_is_cut(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, streams = await live_town(store), streams_of(app)
    async with port_of(app) as port:
        await stalled(app, town, port, 0.2, monkeypatch)

        async def cut() -> bool:
            return not streams.door.open

        await until(cut, "the listener is cut")
        assert streams.hub.listeners == 0
