"""The hub tells everybody once, in order, and the slow and the hidden what they missed."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from server.domain.board import Board, Row
from server.domain.question import State
from server.live import hub as hub_module
from server.live.boards import Boards
from server.live.frames import text_frame
from server.live.hub import SLICE, Hub
from server.live.socket import LiveSocket
from server.protocol.outbound import encode
from tests.domain.test_board import MEETING


class Ear:
    """A socket that remembers what it was told."""

    network = b""

    def __init__(self) -> None:
        self.writable = True
        self.heard: list[dict[str, Any]] = []
        self.last = b""
        self.closed: list[int] = []

    def offer(self, frame: bytes) -> bool:
        if self.writable:
            self.send_frame(frame)
        return self.writable

    def send_frame(self, frame: bytes) -> None:
        self.last = frame
        skip = 2 if frame[1] < 126 else 4
        self.heard.append(json.loads(frame[skip:]))

    def send_text(self, payload: str) -> None:
        self.send_frame(text_frame(payload.encode()))

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)

    def kinds(self) -> list[str]:
        return [str(message["t"]) for message in self.heard]


class OneBoard:
    """The node's boards, reduced to one."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def last(self, meeting: str) -> Board:
        return self.board


class Room:
    """A hub over one board that changes on demand."""

    def __init__(self) -> None:
        self.board = Board(MEETING, "1-0")
        self.board.put(row(1))
        self.board.take_delta()
        self.hub = Hub(cast(Boards, OneBoard(self.board)), 250)
        self.ended: list[str] = []

    def enter(self, position: str | None = None) -> Ear:
        ear = Ear()
        self.hub.join(MEETING.id, "attendee", socket(ear), position, self.ended.append)
        return ear

    def change(self, votes: int) -> None:
        self.board.tally(1, votes)
        self.board.position = f"{votes}-0"

    def tell(self) -> None:
        delta = self.board.take_delta()
        assert delta is not None
        frame = text_frame(encode(delta))
        self.hub.broadcast(MEETING.id, frame, self.board.position)


def row(n: int) -> Row:
    return Row(n, "q" * 22, "Why?", "en", "ltr", None, State.LISTED, 0, 1, 0)


def socket(ear: Ear) -> LiveSocket:
    return cast(LiveSocket, ear)


async def heard(ear: Ear, messages: int) -> None:
    """Return once so many were heard."""
    async with asyncio.timeout(30):
        while len(ear.heard) < messages:
            await asyncio.sleep(0.001)


async def test_first_a_snapshot_then_deltas() -> None:
    room = Room()
    ear = room.enter()
    room.change(5)
    room.tell()
    assert ear.kinds() == ["snapshot", "delta"]
    assert ear.heard[1]["tallies"] == [[1, 5]]


async def test_a_known_position_gets_what_it_missed() -> None:
    room = Room()
    room.change(5)
    room.tell()
    ear = room.enter("1-0")
    assert ear.heard[0]["t"] == "delta" and ear.heard[0]["tallies"] == [[1, 5]]


@pytest.mark.parametrize("position", ["", "x", "1-", "-1", "٣-0", "0-0"])
async def test_a_position_that_is_none_gets_the_board(position: str) -> None:
    assert Room().enter(position).kinds() == ["snapshot"]


async def test_a_snapshot_after_a_change_at_the_same_position_is_new() -> None:
    room = Room()
    room.enter()
    room.board.tally(1, 7)
    room.tell()
    assert room.enter().heard[0]["rows"][0]["votes"] == 7


async def test_the_slow_get_one_merged_delta() -> None:
    room = Room()
    ear = room.enter()
    ear.writable = False
    for votes in (5, 6):
        room.change(votes)
        room.tell()
    assert ear.kinds() == ["snapshot"]
    ear.writable = True
    room.hub.drained(socket(ear))
    assert ear.kinds() == ["snapshot", "delta"]
    assert ear.heard[1]["tallies"] == [[1, 6]]


async def test_the_hidden_are_told_later_and_at_once_when_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "PASSIVE_S", 0.05)
    room = Room()
    ear = room.enter()
    room.hub.set_passive(socket(ear), True)
    for votes in (5, 6):
        room.change(votes)
        room.tell()
    assert ear.kinds() == ["snapshot"]
    await heard(ear, 2)
    assert ear.kinds() == ["snapshot", "delta"]
    room.change(7)
    room.tell()
    room.hub.set_passive(socket(ear), False)
    await heard(ear, 3)
    assert [message.get("tallies") for message in ear.heard[1:]] == [[[1, 6]], [[1, 7]]]


async def test_what_many_missed_alike_is_made_once_and_never_kept_beyond_a_change() -> None:
    room = Room()
    ears = [room.enter() for _ in range(3)]
    for ear in ears:
        room.hub.set_passive(socket(ear), True)
    room.change(5)
    room.tell()
    late = room.enter("1-0")
    for ear in ears[:2]:
        room.hub.set_passive(socket(ear), False)
    assert ears[0].last is ears[1].last is late.last
    room.change(6)
    room.tell()
    room.hub.set_passive(socket(ears[2]), False)
    assert ears[2].heard[-1]["tallies"] == [[1, 6]] and ears[2].heard[-1]["from"] == "1-0"
    room.change(7)  # folded, and not told yet
    again = room.enter("1-0")
    assert again.heard[-1]["tallies"] == [[1, 7]] and again.heard[-1]["to"] == "7-0"


async def test_invented_positions_fill_no_memory() -> None:
    room = Room()
    for votes in (5, 6):
        room.change(votes)
        room.tell()
    for at in range(3 * hub_module.MISSED_KEPT):
        assert room.enter(f"1-{at}").kinds() == ["delta"]
    held = room.hub._missed[MEETING.id].frames
    assert len(held) == hub_module.MISSED_KEPT


async def test_many_hear_in_slices_and_in_order() -> None:
    room = Room()
    ears = [room.enter() for _ in range(SLICE * 2 + 1)]
    for votes in (5, 6):
        room.change(votes)
        room.tell()
    assert sum(len(ear.heard) for ear in ears) == len(ears) + SLICE
    for _ in range(8):
        await asyncio.sleep(0)
    told = [[message["tallies"][0][1] for message in ear.heard[1:]] for ear in ears]
    assert told == [[5, 6]] * len(ears)


async def test_a_frame_queued_before_one_caught_up_is_not_sent_to_it() -> None:
    room = Room()
    ears = [room.enter() for _ in range(SLICE + 50)]
    room.change(5)
    room.tell()
    last = next(ear for ear in ears if len(ear.heard) == 1)
    room.change(6)
    room.hub.drained(socket(last))
    await heard(ears[-1], 2)
    assert [message["tallies"] for message in last.heard[1:]] == [[[1, 6]]]


async def test_leaving_and_ended_sign_ins() -> None:
    room = Room()
    ear = room.enter()
    room.hub.end("another", "hash")
    assert room.ended == []
    room.hub.end(MEETING.id, "hash")
    assert room.ended == ["hash"]
    room.hub.leave(socket(ear))
    room.hub.leave(socket(ear))
    room.change(5)
    room.tell()
    assert ear.kinds() == ["snapshot"]
