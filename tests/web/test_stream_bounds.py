"""What streams of events and the messages beside them may take."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from quart import Quart
from redis.asyncio import Redis

from server.live.frames import payload_of, text_frame
from tests.acts.building import fresh_q, live_town
from tests.web.hearing import listen_to, port_of, someone, streams_of


async def test_a_burst_of_streams_is_counted_before_their_first_word(app: Quart) -> None:
    streams, loop = streams_of(app), asyncio.get_running_loop()
    streams.door.most = 3
    let_in = [streams.stream("x", b"") for _ in range(6) if streams.admits()]
    assert len(let_in) == 3
    streams.door.enter(let_in[0])
    assert not streams.admits()
    later = loop.time() + streams.door.handshake_s + 1
    assert streams.door.admits(later)  # two never began
    assert not streams.door.coming and streams.door.open == {let_in[0]}


async def test_a_broadcast_is_made_an_event_once_for_all_streams(app: Quart) -> None:
    streams, frame = streams_of(app), text_frame(b'{"t":"delta"}')
    one, two = streams.stream("x", b""), streams.stream("x", b"")
    assert one.offer(frame) and two.offer(frame)
    assert one._box == [b'data: {"t":"delta"}\n\n'] and one._box[0] is two._box[0]


async def test_frames_go_straight_to_who_reads_each_as_a_piece_of_the_response(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    one = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        (stream,) = streams_of(app).door.open
        frames = [text_frame(b'{"t":"delta","padding":"%b"}' % (b"x" * n)) for n in (1, 22, 333)]
        assert all(stream.offer(frame) for frame in frames)
        pieces = []
        for _ in frames:
            size = int(await ear.reader.readuntil(b"\r\n"), 16)
            pieces.append(await ear.reader.readexactly(size + 2))
        # By the response they would have come together.
        assert pieces == [b"data: %b\n\n\r\n" % payload_of(frame) for frame in frames]
        stream.close(1000, "done")
        assert await ear.end() == 1000


async def test_messages_take_one_write_each_of_their_networks_budget(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    one = await someone(app, town)
    given = app.extensions["openfloor"]
    app.extensions["openfloor"] = replace(given, network_per_min=3)
    asked = [
        await one.one(t="ask", q=fresh_q(), text=f"Is this number {n}?", r=n) for n in (1, 2, 3)
    ]
    assert [told["t"] for told in asked] == ["asked"] * 3
    status, told = await one.say(t="vote", n=1, on=True, c=1, r=4)
    assert (status, told["error"]["code"]) == (429, "too_fast") and told["error"]["retry_in"] > 0
