"""The node's boards: loaded once, folded from the event streams, answered without the store."""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis

from server.domain.board import Board
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.store import boards, events, meetings, question_rows
from server.store.events import Entry

NUMBER_WAIT_S = 1.5  # a submission's answer waits so long for its number, and a vote's page for it

IDLE_S = 600.0  # a board that nobody asked for so long may be let go


class Boards:
    """Boards by meeting id. Reading a board never waits once it is followed."""

    def __init__(self, store: Redis) -> None:
        self._store = store
        self.idle_s = IDLE_S
        self._boards: dict[str, Board] = {}
        self._asked_at: dict[str, float] = {}
        self._ids: dict[str, dict[int, str]] = {}
        self._loading: dict[str, asyncio.Task[Board]] = {}
        self._waiters: dict[str, list[asyncio.Future[int]]] = {}
        self._reached: dict[asyncio.Future[None], tuple[str, tuple[int, int]]] = {}

    def last(self, meeting: str) -> Board | None:
        """The board as last known, also while the store is away."""
        return self._boards.get(meeting)

    def last_at(self, slug: str) -> Board | None:
        """The same by the meeting's address."""
        found = (board for board in self._boards.values() if board.meeting.slug == slug)
        return next(found, None)

    def positions(self) -> dict[str, str]:
        """Where each followed meeting was read to."""
        return {meeting: board.position for meeting, board in self._boards.items()}

    async def follow(self, meeting: str) -> Board:
        """The meeting's board, loaded on first use (once, however many ask at the same time)."""
        board = self._boards.get(meeting)
        if board is not None:
            self._asked_at[meeting] = time.monotonic()
            return board
        task = self._loading.get(meeting)
        if task is None:
            task = asyncio.create_task(self._load(meeting))
            self._loading[meeting] = task
            task.add_done_callback(lambda _: self._loading.pop(meeting, None))
        return await asyncio.shield(task)

    async def _load(self, meeting: str) -> Board:
        # Position first: entries that arrive while we read are folded again, harmlessly.
        position = await boards.position(self._store, meeting)
        stands = await meetings.read(self._store, meeting)
        if stands is None:
            raise Refused(Refusal.UNKNOWN, "There is no such meeting.")
        board = Board(stands, position)
        for row in await boards.all_rows(self._store, meeting, stands.live_at, stands.ended):
            board.put(row)
        board.counts = await self._counts(board)
        board.merged = await boards.merged(self._store, meeting)
        await self._line_up(board)
        board.take_delta()
        self._boards[meeting] = board
        self._asked_at[meeting] = time.monotonic()
        return board

    def idle(self) -> list[str]:
        """Meetings whose boards nobody asked for during `idle_s`."""
        before = time.monotonic() - self.idle_s
        return [meeting for meeting, asked in self._asked_at.items() if asked < before]

    def let_go(self, meeting: str) -> None:
        """Follow this meeting no more, until somebody asks again. Not while it is folded or reloaded."""
        del self._boards[meeting], self._asked_at[meeting]
        self._ids.pop(meeting, None)

    def ids(self, meeting: str) -> dict[int, str]:
        """The questions' ids by public number, as far as whoever asks has filled it in; kept as long as
        the board is."""
        return self._ids.setdefault(meeting, {}) if meeting in self._boards else {}

    async def reload(self, meeting: str) -> None:
        """Take the state anew (after a gap): what differs becomes an ordinary change."""
        board = self._boards[meeting]
        position = await boards.position(self._store, meeting)
        stands = await self._stands(board)
        found = await boards.all_rows(self._store, meeting, stands.live_at, stands.ended)
        rows = {row.n: row for row in found}
        for n in set(board.rows) - set(rows):
            board.remove(n)
        for row in rows.values():
            board.put(row)
        merged = await boards.merged(self._store, meeting)
        for n in set(board.merged) | set(merged):
            board.trace(n, merged.get(n))
        board.head(stands, await self._counts(board))
        await self._line_up(board)
        self._move(board, position)

    async def numbered(self, meeting: str, q: str, timeout_s: float = NUMBER_WAIT_S) -> int | None:
        """The public number of a submission as soon as it is given, or None after `timeout_s`."""
        await self.follow(meeting)
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(q, []).append(waiter)
        try:
            # Given before we began to wait? Then no entry will tell.
            found = await question_rows.read_one(self._store, meeting, q)
            if found is not None and found.number is not None:
                return found.number
            async with asyncio.timeout(timeout_s):
                return await waiter
        except TimeoutError:
            return None
        finally:
            self._waiters[q].remove(waiter)
            if not self._waiters[q]:
                del self._waiters[q]

    async def caught_up(self, meeting: str, timeout_s: float = NUMBER_WAIT_S) -> bool:
        """True when the board shows all that the store held when asked, False after `timeout_s`."""
        board = await self.follow(meeting)
        target = events.order(await boards.position(self._store, meeting))
        if events.order(board.position) >= target:
            return True
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reached[reached] = (meeting, target)
        try:
            async with asyncio.timeout(timeout_s):
                await reached
        except TimeoutError:
            return False
        finally:
            del self._reached[reached]
        return True

    async def fold(self, meeting: str, entries: list[Entry]) -> list[str]:
        """Bring the board up to the last of `entries`; questions are read in one round trip. Returns whose
        sign-ins ended."""
        board, ended = self._boards[meeting], list[str]()
        touched: dict[str, None] = {}
        tallies: dict[str, str] = {}
        heading = False
        for _, entry in entries:
            match entry["t"]:
                case "votes":
                    tallies.update(_pairs(entry["run"]))  # the last of many totals is told
                case "seen":
                    for n, seen in _pairs(entry["run"]):
                        board.expose(int(n), int(seen))
                case "numbered":
                    for q, n in _pairs(entry["run"]):
                        self._tell_number(q, int(n))
                case "question":
                    touched[entry["q"]] = None
                case "ended":
                    ended.append(entry["sign_in"])
                case "meeting" | "line":
                    heading = True
        for n, votes in tallies.items():
            board.tally(int(n), int(votes))
        if touched or heading:
            await self._refresh(board, list(touched))
        if heading and board.meeting.readers == "attendees":
            ended.append("")  # stages without a sign-in behind them may not read on
        self._move(board, entries[-1][0])
        return ended

    def _move(self, board: Board, position: str) -> None:
        board.position, now = position, events.order(position)
        for reached, (waiting, target) in self._reached.items():
            if waiting == board.meeting.id and now >= target and not reached.done():
                reached.set_result(None)

    async def _refresh(self, board: Board, touched: list[str]) -> None:
        meeting = board.meeting.id
        questions = await question_rows.read(self._store, meeting, touched)
        stands = await self._stands(board)
        # Looks at a question that was not on the board are known to the store alone.
        missing = [q.number for q in questions if q.number and q.number not in board.rows]
        looks = await boards.seen(self._store, meeting, missing)
        for question in questions:
            known = board.rows.get(question.number or 0)
            seen = known.seen if known else looks.get(question.number or 0, 0)
            row = await boards.row_of(self._store, question, seen, stands.live_at)
            if row is not None:
                board.put(row)
            elif question.number is not None:
                board.remove(question.number)
            if question.number is not None:
                board.trace(question.number, question.head_number)
        board.head(stands, await self._counts(board))
        await self._line_up(board)

    async def _stands(self, board: Board) -> Meeting:
        """The meeting as it stands; as the board knows it where its record cannot be read (any more)."""
        try:
            return await meetings.read(self._store, board.meeting.id) or board.meeting
        except ValueError:  # no other meeting's board waits for this one
            return board.meeting

    async def _counts(self, board: Board) -> dict[str, int]:
        unreached = sum(1 for row in board.rows.values() if row.state is State.NOT_REACHED)
        return {**await boards.counts(self._store, board.meeting.id), "not_reached": unreached}

    async def _line_up(self, board: Board) -> None:
        numbers = {row.q: n for n, row in board.rows.items()}
        ids = await boards.line(self._store, board.meeting.id)
        board.line_up([numbers[q] for q in ids if q in numbers])

    def _tell_number(self, q: str, number: int) -> None:
        for waiter in self._waiters.get(q, ()):
            if not waiter.done():
                waiter.set_result(number)


def _pairs(run: str) -> list[tuple[str, str]]:
    words = run.split(" ")
    return list(zip(words[::2], words[1::2], strict=True))
