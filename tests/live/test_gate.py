"""More than can be counted: sockets are read in turn, everything they said is heard once, in order."""

from __future__ import annotations

import asyncio
import json
from typing import cast

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from server.acts import admission
from server.live import socket as live_socket
from server.live.batcher import Batcher
from server.live.door import Door
from server.live.gate import Gate
from server.live.socket import LiveSocket
from server.store.votes import Wish
from tests.acts.building import NOW, Town, live_town
from tests.live.half import WITHIN_S, dial, greet, hear, live_half, signed
from tests.live.test_port import HOST, ORIGIN
from tests.live.test_socket import Ear, Transport, masked, upgrade

PEOPLE, QUESTIONS = 20, 10


class Reading(Transport):
    """A transport that knows whether it is read, and whether it was cut."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.cut = True, False

    def pause_reading(self) -> None:
        self.read = False

    def resume_reading(self) -> None:
        self.read = True

    def abort(self) -> None:
        self.cut = True


def connected(gate: Gate) -> tuple[LiveSocket, Ear, Reading]:
    ear, transport = Ear(), Reading()
    door = Door(frozenset({HOST}), frozenset({ORIGIN}), 16_384, 10.0, 10, 10, gate=gate)
    connection = LiveSocket(door, ear)
    connection.connection_made(cast(asyncio.Transport, transport))
    connection.data_received(upgrade())
    return connection, ear, transport


async def test_a_shut_gate_holds_one_chunk_and_opens_to_the_longest_waiting_first() -> None:
    gate = Gate()
    (one, first, wire), (two, second, _) = connected(gate), connected(gate)
    gate.shut = True
    one.data_received(masked(b"a") + masked(b"b"))
    two.data_received(masked(b"c"))
    assert (first.heard, second.heard, wire.read) == ([], [], False)
    first.received = lambda text: setattr(gate, "shut", True)  # type: ignore[method-assign]
    gate.open()
    assert wire.read and second.heard == []
    gate.open()
    assert second.heard == ["c"] and not gate.shut


async def test_a_frame_cut_by_a_shut_gate_is_heard_whole() -> None:
    gate = Gate()
    connection, ear, _ = connected(gate)
    frame = masked("fünf".encode())
    connection.data_received(frame[:8])
    gate.shut = True
    connection.data_received(frame[8:] + masked(b"six"))
    gate.open()
    assert ear.heard == ["fünf", "six"]


async def test_a_socket_that_waits_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "PING_S", 0.01)
    gate = Gate()
    connection, _, transport = connected(gate)
    gate.shut = True
    connection.data_received(masked(b"a"))
    pings = len(transport.written)
    async with asyncio.timeout(30):
        while len(transport.written) < pings + 4 * 2:  # a ping is two bytes
            await asyncio.sleep(0)
    assert not transport.cut
    gate.open()
    async with asyncio.timeout(30):
        while not transport.cut:  # read again, and still no pong
            await asyncio.sleep(0)


async def test_a_socket_that_is_closed_while_it_waits_is_read_for_its_farewell() -> None:
    gate = Gate()
    connection, ear, transport = connected(gate)
    gate.shut = True
    connection.data_received(masked(b"a"))
    connection.close(1012, "server ends")
    assert transport.read and ear.heard == []
    gate.open()
    assert ear.heard == []


async def _vote_all(socket: ClientConnection, numbers: list[int]) -> list[str]:
    for r, n in enumerate(numbers):
        await socket.send(json.dumps({"t": "vote", "n": n, "on": True, "c": r + 1, "r": r}))
    answers: list[str] = []
    async with asyncio.timeout(4 * WITHIN_S):  # each vote is a sync of the store's disk
        while len(answers) < len(numbers):
            told = json.loads(await socket.recv())
            if told["t"] in ("ack", "refused"):
                answers.append(told["t"])
    return answers


async def test_of_many_more_votes_than_a_trip_takes_none_is_told_to_come_again(
    store: Redis,
) -> None:
    town = await live_town(store)
    questions = [await town.listed() for _ in range(QUESTIONS)]
    async with live_half(store, batch_votes=1, batch_waiting=4 * QUESTIONS) as half:
        sockets = []
        for _ in range(PEOPLE):
            sockets.append(await dial(half.port, town))
            await _enter(sockets[-1], town)
        numbers = [question.number or 0 for question in questions]
        told = await asyncio.gather(*(_vote_all(socket, numbers) for socket in sockets))
        assert told == [["ack"] * QUESTIONS] * PEOPLE
        for socket in sockets:
            await socket.close()
    assert [(await town.look(q.q)).votes for q in questions] == [PEOPLE] * QUESTIONS


async def _enter(socket: ClientConnection, town: Town) -> None:
    joined = await admission.join(town.store, town.meeting, town.meeting.code, NOW)
    await greet(socket, signed(joined, joined.sign_in.expires_at))
    await hear(socket, "welcome")


async def test_once_the_process_ends_nobody_is_read_any_more(store: Redis) -> None:
    town = await live_town(store)
    question = await town.listed()
    gate, answered = Gate(), list[object]()
    batcher = Batcher(store, 5, 200, 5_000, gate)
    task = asyncio.create_task(batcher.run())
    assert batcher.add(town.meeting.id, Wish(question.q, 2_000, True, 1, 0), answered.append)
    await batcher.drain(WITHIN_S)
    connection, ear, _ = connected(gate)
    connection.data_received(masked(b"late"))
    assert len(answered) == 1 and gate.shut and ear.heard == []
    task.cancel()
