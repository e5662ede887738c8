"""The board where sockets are blocked: told by server-sent events, answered by POST."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, staff
from server.domain.ids import digest
from server.domain.roles import Role
from server.live import stream as live_stream
from tests.acts.building import NOW, fresh_q, live_town
from tests.web.browsing import Client, until
from tests.web.hearing import WITHIN_S, Person, listen_to, port_of, someone, streams_of


async def test_a_board_by_events_moves_and_a_posted_vote_is_answered_as_on_a_socket(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    await town.published()  # what the log tells of itself moves the position, too
    one, two = await someone(app, town), await someone(app, town)
    async with port_of(app) as port:
        slug = town.meeting.slug
        ear = await listen_to(port, slug, await one.ticket())
        other = await listen_to(port, slug, await two.ticket())
        welcome = {"t": "welcome", "role": "attendee", "votes": [], "own": [], "c": 0}
        assert ear.status == 200
        told, board = await ear.hear("welcome"), await ear.hear("snapshot")
        assert told.pop("at") == board["pos"] and told == welcome
        assert [row["n"] for row in board["rows"]] == [n]
        await other.hear("snapshot")
        told = await one.one(t="vote", n=n, on=True, c=5, r=7)
        at = told.pop("at")
        assert told == {"t": "ack", "r": 7, "n": n, "on": True, "votes": 1}
        for heard in (ear, other):
            delta = await heard.hear("delta")
            assert (delta["tallies"], delta["to"]) == ([[n, 1]], at)
        ear.hang_up()
        await one.one(t="vote", n=n, on=False, c=6, r=8)
        assert (await other.hear("delta"))["tallies"] == [[n, 0]]
        where = f"d=abc&epoch={board['epoch']}&pos={board['pos']}"
        again = await listen_to(port, slug, await one.ticket(), where)
        assert (await again.hear("welcome"))["c"] == 6
        event, missed = await again.event()
        assert (event, missed["t"], missed["tallies"]) == ("", "delta", [[n, 0]])


async def test_a_reader_of_http_1_0_is_told_in_no_pieces(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    one = await someone(app, town)
    async with port_of(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
        path = f"/api/v1/meetings/{town.meeting.slug}/events?d=abc"
        names = f"Host: floor.example\r\nOpenfloor-Ticket: {await one.ticket()}\r\n"
        writer.write(f"GET {path} HTTP/1.0\r\n{names}\r\n".encode())
        async with asyncio.timeout(WITHIN_S):
            assert b"\r\ntransfer-encoding" not in (await reader.readuntil(b"\r\n\r\n")).lower()
            for kind in ("welcome", "snapshot"):
                assert json.loads((await reader.readuntil(b"\n\n"))[6:])["t"] == kind
            await one.one(t="vote", n=n, on=True, c=1, r=1)
            while json.loads((await reader.readuntil(b"\n\n"))[6:])["t"] != "ack":
                pass  # a tick's delta came before it
        writer.transport.abort()


async def test_a_posted_vote_is_told_to_the_persons_other_connections(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    one = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        await one.one(t="vote", n=n, on=True, c=1, r=9)
        told = await ear.hear("ack")
        assert told.pop("at")
        assert told == {"t": "ack", "r": 0, "n": n, "on": True, "votes": 1}


async def test_questions_and_pings_by_post_and_what_is_no_message(store: Redis, app: Quart) -> None:
    town, q = await live_town(store, after_display=True), fresh_q()
    one = await someone(app, town)
    asked = await one.one(t="ask", q=q, text="Is it heard by post?", r=3)
    assert (asked["t"], asked["r"], asked["q"]) == ("asked", 3, q) and asked["number"]
    again = await one.one(t="ask", q=q, text="Is it heard by post?", r=4)
    assert again["number"] == asked["number"]
    board = await streams_of(app).node.boards.follow(town.meeting.id)

    async def listed() -> bool:
        return asked["number"] in board.rows

    await until(listed, "the rule lists what has its number")
    own = await one.one(t="vote", n=asked["number"], on=True, c=1, r=5)
    assert (own["t"], own["code"]) == ("refused", "own_question")
    assert await one.one(t="ping") == {"t": "pong"}
    assert await one.say(t="seen", n=[1]) == (200, {"messages": []})
    for bad in (
        {"t": "hello", "ticket": "x", "d": "abc"},
        {"t": "passive", "on": True},
        {"t": "vote", "n": 0, "on": True, "c": 1, "r": 1},
        {"t": "vote", "n": 1, "on": True, "c": 1, "r": 1, "more": 1},
        {"t": "nonsense"},
        {},
    ):
        status, told = await one.say(**bad)
        assert (status, told["error"]["code"]) == (400, "bad_input"), bad
    for body, headers, code in (
        (b'{"t":"ping"\xff}', {}, "bad_input"),
        (b'{"t":"ping","t":"ping"}', {}, "bad_input"),
        (b'{"t":"ping"}', {"Content-Type": "text/plain"}, "wrong_type"),
        (b'{"t":"ping"}' + b" " * 20_000, {}, "too_large"),
    ):
        headers = {"Content-Type": "application/json", **headers}
        _, told = await one.client.send("POST", f"{one.at}/messages", data=body, headers=headers)
        assert told["error"]["code"] == code


async def test_looks_are_counted_once_by_the_stream_that_they_belong_to(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    one = await someone(app, town)
    told: list[frozenset[int]] = []
    monkeypatch.setattr(streams_of(app).node, "expose", lambda _, numbers: told.append(numbers))
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        for _ in range(3):
            await one.say(t="seen", n=[n, 99])
    assert told == [frozenset({n})]


async def test_one_person_posts_votes_no_faster_than_over_a_socket(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    one, node = await someone(app, town), streams_of(app).node
    node.pace = replace(node.pace, votes_per_s=0.1)  # forty posts may take a slow machine seconds
    answers = [await one.one(t="vote", n=n, on=c % 2 == 1, c=c, r=c) for c in range(1, 41)]
    kinds = [answer.get("code", answer["t"]) for answer in answers]
    assert kinds.count("ack") >= 20 and "too_fast" in kinds
    late = answers[kinds.index("too_fast")]
    assert 0 < late["retry_in"] <= 10


async def test_who_may_listen_and_who_may_vote(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    link = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    moderator = Person(
        app, town, (await staff.redeem_invitation(store, town.meeting, link, NOW)).token
    )
    stranger, foreign = Person(app, town, ""), await someone(app, await live_town(store))
    foreign.at = stranger.at
    told = await moderator.one(t="vote", n=n, on=True, c=1, r=1)
    assert told["code"] == "forbidden"
    for nobody in (stranger, foreign):
        status, _ = await nobody.say(t="ping")
        assert status == 401 or (nobody is stranger and status == 403)
    _, stage = await Client(app).send(
        "POST", f"{stranger.at}/stage-ticket", headers={"Sec-Fetch-Site": "same-origin"}
    )
    other = await someone(app, await live_town(store, title="Another"))
    async with port_of(app) as port:
        slug = town.meeting.slug
        reader = await listen_to(port, slug, stage["ticket"])
        assert (await reader.hear("welcome"))["role"] == "reader"
        await reader.hear("snapshot")
        for ticket in ("", "forged"):
            assert (await listen_to(port, slug, ticket)).status == 401
        assert await (await listen_to(port, slug, await other.ticket())).end() == 4401
        unnamed = await listen_to(
            port, slug, await moderator.ticket(), "d=NO NAME".replace(" ", "%20")
        )
        assert await unnamed.end() == 4400


async def test_streams_are_bounded_as_sockets_are(store: Redis, app: Quart) -> None:
    town, streams = await live_town(store), streams_of(app)
    one = await someone(app, town)
    async with port_of(app) as port:
        ears = [await listen_to(port, town.meeting.slug, await one.ticket()) for _ in range(3)]
        for ear in ears:
            await ear.hear("welcome")
        fourth = await listen_to(port, town.meeting.slug, await one.ticket())
        assert await fourth.end() == 4409
        streams.door.most = 3
        full = await listen_to(port, town.meeting.slug, await one.ticket())
        assert full.status == 503
        ears[0].hang_up()

        async def let_go() -> bool:
            return len(streams.door.open) == 2

        await until(let_go, "the stream of who hung up is gone")
        assert (await listen_to(port, town.meeting.slug, await one.ticket())).status == 200


async def test_nothing_is_kept_of_who_listens_no_more(store: Redis, app: Quart) -> None:
    town, streams = await live_town(store), streams_of(app)
    one = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        assert streams.node.people == 1 and streams.hub.listeners == 1
        ear.hang_up()

        async def gone() -> bool:
            return (streams.node.people, streams.hub.listeners, len(streams.door.open)) == (0, 0, 0)

        await until(gone, "nobody is known any more")


async def test_a_stream_ends_with_its_sign_in(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    one = Person(app, town, joined.token)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        streams_of(app).hub.end(town.meeting.id, digest(joined.token))
        assert await ear.end() == 4401


async def test_an_ending_server_says_goodbye_to_its_streams(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    one = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        port.close()
        await port.drain(0.0)
        assert (await ear.hear("bye"))["spread"] == 0.0
        assert await ear.end() == 1012


async def test_a_quiet_board_still_beats(
    store: Redis, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "BEAT_S", 0.02)
    town = await live_town(store)
    one = await someone(app, town)
    async with port_of(app) as port:
        ear = await listen_to(port, town.meeting.slug, await one.ticket())
        await ear.hear("snapshot")
        assert [await ear.event() for _ in range(2)] == [("beat", {}), ("beat", {})]
