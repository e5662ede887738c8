"""An old backup of the store is put back: what came after it is replayed from the log's leaves, brought back
by the people who come again, or told by number. Nothing is lost in silence."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

from redis.asyncio import Redis

from server.store import keys, question_rows
from tests.faults.conftest import Tell
from tests.faults.crowd import Crowd, gathered
from tests.faults.machine import Machine, machine
from tests.faults.proofs import judge_proofs
from tests.faults.storm import ASKERS, healed, more, organiser
from tests.launch.running import SOON_S, eventually, free_port
from tools.replay.door import rows

COPIED = "appendonlydir"


async def test_what_came_after_an_old_backup_is_there_brought_back_or_told(
    tmp_path: Path, tell: Tell
) -> None:
    made = machine(tmp_path, free_port(), None)
    made.run.start()
    crowd = await gathered(made.run.url, await organiser(made))
    people = list(crowd.stage.attendees.items())
    async with asyncio.TaskGroup() as group:
        for name, attendee in people[ASKERS:]:
            group.create_task(crowd.vote(name, attendee))
        for name, attendee in people[:ASKERS]:
            group.create_task(crowd.ask(name, attendee))
        await more(crowd)
        await asyncio.to_thread(_copied, made)
        before = {q for asked in crowd.ledger.asked.values() for q in asked}
        await asyncio.to_thread(_up_again, made)
        await more(crowd)
        await _one_more_question(crowd, before)
        crowd.leaving.set()
    await _all_numbered(crowd)
    await asyncio.to_thread(_put_back, made)
    told = await asyncio.to_thread(_told_lost, made)
    lost = await _questions(made, crowd, before)
    assert told[0] == len(lost) and set(told[1]) <= set(lost)
    assert len(told[1]) == min(len(lost), 20)
    again = await _come_again(crowd)
    ledger = crowd.ledger
    asked = sum(len(one) for one in ledger.asked.values())
    await crowd.leave()
    assert made.run.stop() == 0
    judge_proofs(made, ledger.receipts)
    tell(
        f"old backup: {ledger.told} acknowledged, {len(ledger.receipts)} with a proof; {asked} questions"
        f" all there with their numbers, of {len(lost)} the text lost and told by number; {again} votes"
        " brought back; 0 lost in silence"
    )


async def _one_more_question(crowd: Crowd, before: set[str]) -> None:
    """Return when the log holds a question that the backup does not: else nothing is to be brought back. The
    first that somebody is told of may have been under way, and taken already, when all was crashed."""

    def later(asked: dict[str, int | None]) -> list[int | None]:
        return [number for q, number in asked.items() if q not in before][1:]

    while not any(n is not None for asked in crowd.ledger.asked.values() for n in later(asked)):
        await asyncio.sleep(0.02)


async def _all_numbered(crowd: Crowd) -> None:
    """Return when the log holds all that was acknowledged: what is only under way to it is kept by the store
    alone, and an old backup of that brings it back no more."""
    async with asyncio.timeout(SOON_S):
        for name, asked in crowd.ledger.asked.items():
            token, numbers = crowd.stage.attendees[name].token, dict[str, object]()
            while any(numbers.get(q) is None for q in asked):
                told = await crowd.door.call("GET", crowd.stage.path("mine"), token=token)
                numbers = {str(row["q"]): row["number"] for row in rows(told)}


def _copied(made: Machine) -> None:
    made.crash()
    shutil.copytree(made.data / COPIED, made.folder / "backup")


def _put_back(made: Machine) -> None:
    made.crash()
    shutil.rmtree(made.data / COPIED)
    shutil.copytree(made.folder / "backup", made.data / COPIED)
    _up_again(made)


def _up_again(made: Machine) -> None:
    made.restart()
    healed(made)


def _told_lost(made: Machine) -> tuple[int, list[int]]:
    """How many the journal counts, and the first that it names."""
    eventually(lambda: "store_rebuilt" in made.run.text, "the journal tells of the rebuilding")
    lines = [line for line in made.run.text.splitlines() if "store_rebuilt" in line]
    told = json.loads(lines[-1][lines[-1].index("{") :])
    return told["texts_lost"], told["first_lost"]


async def _questions(made: Machine, crowd: Crowd, before: set[str]) -> list[int]:
    """Every acknowledged question is there under its number; the numbers of those without their text."""
    url = json.loads((made.data / "run.json").read_text())["store_url"]
    lost: list[int] = []
    async with Redis.from_url(url, decode_responses=True) as store:
        meeting = await store.get(keys.slug(crowd.stage.slug))
        assert isinstance(meeting, str)
        for asked in crowd.ledger.asked.values():
            for q, number in asked.items():
                found = await question_rows.read_one(store, meeting, q)
                assert found is not None and found.number is not None
                assert number in (None, found.number)
                assert found.lost is (found.text == "")
                assert not (found.lost and q in before), "its text was in the backup"
                lost += [found.number] if found.lost else []
    return lost


async def _come_again(crowd: Crowd) -> int:
    """What each page does when it is connected again: hold its own votes against the server's, and tell it
    those that it forgot. Then all wishes stand; returns how many were told again."""
    again = 0
    for name, attendee in crowd.stage.attendees.items():
        told = await crowd.door.call("GET", crowd.stage.path("votes"), token=attendee.token)
        assert isinstance(told["votes"], list)
        wishes = crowd.ledger.wishes.get(name, {})
        for n, on in wishes.items():
            if on is not (n in told["votes"]):
                assert not (await attendee.vote(n, on)).code
                again += 1
        told = await crowd.door.call("GET", crowd.stage.path("votes"), token=attendee.token)
        assert isinstance(told["votes"], list)
        assert sorted(told["votes"]) == sorted(n for n, on in wishes.items() if on)
    totals = {n: 0 for n in crowd.numbers}
    for wishes in crowd.ledger.wishes.values():
        for n, on in wishes.items():
            totals[n] += on
    await crowd.judge_board(totals)
    return again
