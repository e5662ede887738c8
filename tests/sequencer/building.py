"""A deployment's sequencer on folders of its own, stepped by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from server.acts import appeal, decide
from server.store import keys, meetings, typed
from server.translog.anchor import ANCHOR_ID
from server.translog.checkpoint import origin
from tests.acts.building import NOW, Town, live_town
from workers.sequencer import fsck
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring
from workers.sequencer.leaves import LeafStore
from workers.sequencer.sequencer import Sequencer

HOST = "qa.example"


def sequencer_in(
    folder: Path,
    clock: Callable[[], float] = time.time,
    leaves: type[LeafStore] = LeafStore,
    files: type[Files] = Files,
    keyring: type[Keyring] = Keyring,
    secret: bytes = b"",
) -> Sequencer:
    """A sequencer as it starts, on what an earlier one left in `folder`."""
    store = leaves(folder / "data" / "log" / "leaves.sqlite3")
    ring = keyring(folder / "data-keys", logs_exist=bool(store.states()))
    made = files(folder / "data" / "log")
    return Sequencer(store, made, ring, HOST, clock, period_s=0, secret=secret)


def fields(entry: dict[str, str]) -> dict[Any, Any]:
    """An entry as the client library's types want it."""
    return dict(entry)


async def settle(sequencer: Sequencer, redis: Redis) -> None:
    """Step until the intakes are empty behind what is committed."""
    while True:
        await sequencer.step(redis)
        waiting = 0
        for m in (await meetings.listed(redis)).ids:
            at = await typed.hget(redis, keys.cursor(m), "intake") or ""
            waiting += len(await typed.entries(redis, keys.intake(m), at, 10))
        if not waiting and not sequencer.returning:
            return


async def appealed(store: Redis, folder: Path, word: str) -> tuple[Town, str]:
    """A question that was screened out with a note, and whose asker appealed; `word` stands in all three."""
    town, sequencer = await live_town(store), sequencer_in(folder)
    asker, moderator, m = await town.attendee(), await town.moderator(), town.meeting
    q = await town.submit(asker, f"Who is {word}?")
    await settle(sequencer, store)
    await decide.screen_out(store, m, moderator, q, 1, "off-topic", f"{word} note", None, NOW)
    await appeal.appeal(store, m, asker, q, f"But {word}.", NOW)
    await settle(sequencer, store)
    return town, q


def findings(folder: Path) -> dict[str, tuple[int, list[str]]]:
    """What fsck says of all logs but the anchor, which holds."""
    found = fsck.check(folder / "data" / "log", folder / "data-keys")
    _, wrong = found.pop(origin(HOST, ANCHOR_ID), (0, []))
    assert not wrong
    return found
