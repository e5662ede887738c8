"""Every numbered write fails in two ways: it did not happen, or it did and nobody heard; files of one step
also between two of them. Then a restart.

After each: no receipt lost, no number given twice, every file what the leaves give, all signatures
of one history (fsck reads the whole log).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.store import keys, sequencing, typed
from server.store.client import connect
from server.translog import leaf, proof
from server.translog.note import VerifierKey
from server.translog.schema import RESERVED
from tests.acts.building import Town, live_town
from tests.sequencer.building import fields, findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder, receipt
from tests.translog.building import INTENTS
from workers.sequencer import telling as telling_of
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring
from workers.sequencer.leaves import Change, LeafStore
from workers.sequencer.sequencer import Sequencer


class Broken(Exception):
    """The fault that a test injects."""


def failing_store(after: bool) -> type[LeafStore]:
    """A store whose commit of a submission fails, before or after it happened."""

    class Failing(LeafStore):
        def commit(self, change: Change) -> None:
            if not any(row.number for row in change.rows):
                super().commit(change)
                return
            if after:
                super().commit(change)
            raise Broken

    return Failing


def failing_files(which: str, after: bool, before_it: bool = False) -> type[Files]:
    """Files of which the one that ends with `which` fails to be written from the third leaf on; those
    `before_it` are there then."""

    class Failing(Files):
        def write(self, files: Iterable[tuple[str, bytes]]) -> None:
            listed = list(files)
            hits = [
                n
                for n, (path, data) in enumerate(listed)
                if which in path and _of_three(path, data)
            ]
            if not hits or after:
                super().write(listed)
            elif before_it:
                super().write(listed[: hits[0]])
            if hits:
                raise Broken

    return Failing


def _of_three(path: str, data: bytes) -> bool:
    return path.endswith(".p/3") or b"\n3\n" in data


async def town_of_two(store: Redis, folder: Path) -> Town:
    """A log of two leaves: opened, and one submission."""
    town = await live_town(store)
    await town.submit(await town.attendee(), "Number one, is it you?")
    await settle(sequencer_in(folder), store)
    return town


async def whole(store: Redis, folder: Path, town: Town, qs: list[str]) -> None:
    """A restart makes everything good: numbers, receipts, files."""
    await settle(sequencer_in(folder), store)
    numbers = [(await town.look(q)).number for q in qs]
    assert numbers == list(range(2, 2 + len(qs)))
    leaves = leaves_of(folder, town)
    assert len(leaves) == 2 + len(qs)
    assert [found[1] for found in findings(folder).values()] == [[]]
    files = log_folder(folder, town)
    key = VerifierKey.parse((files / "vkey").read_text().strip())
    for q in [*qs[::40], qs[-1]]:
        at = int(await typed.hget(store, keys.question(town.meeting.id, q), "leaf") or -1)
        proof.verify(receipt(files, at), leaves[at], key)


def failing_keyring(after: bool) -> type[Keyring]:
    """A keyring that cannot remember what is signed at size 3, or did and failed then."""

    class Failing(Keyring):
        def remember(self, log: str, note: str) -> None:
            hit = "\n3\n" in note
            if not hit or after:
                super().remember(log, note)
            if hit:
                raise Broken

    return Failing


WRITES: dict[str, Callable[[Path, bool], Sequencer]] = {
    "commit": lambda folder, after: sequencer_in(folder, leaves=failing_store(after)),
    "tiles": lambda folder, after: sequencer_in(folder, files=failing_files("tile/0/", after)),
    "bundles": lambda folder, after: sequencer_in(folder, files=failing_files("entries/", after)),
    "remember": lambda folder, after: sequencer_in(folder, keyring=failing_keyring(after)),
    "signed": lambda folder, after: sequencer_in(folder, files=failing_files("signed", after)),
    "show": lambda folder, after: sequencer_in(folder, files=failing_files("checkpoint", after)),
}


@pytest.mark.parametrize("after", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("write", [*WRITES, "tell"])
async def test_a_failing_write_costs_nothing_but_time(
    store: Redis, tmp_path: Path, write: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await town_of_two(store, tmp_path)
    q = await town.submit(await town.attendee(), "Number two, where are you?")
    if write == "tell":
        faulty = sequencer_in(tmp_path)
        telling = sequencing.note

        async def note(*given: object) -> None:
            if after or given[3] != 3:
                await telling(*given)  # type: ignore[arg-type]
            if given[3] == 3:
                raise RedisError("broken")

        monkeypatch.setattr(sequencing, "note", note)
    else:
        faulty = WRITES[write](tmp_path, after)
    with pytest.raises((Broken, RedisError)):
        while True:
            await faulty.step(store)
    monkeypatch.undo()
    committed = len(leaves_of(tmp_path, town))
    assert committed == (2 if write == "commit" and not after else 3)
    third = await town.submit(await town.attendee(), "Number three, who are you?")
    await whole(store, tmp_path, town, [q, third])


@pytest.mark.parametrize("first", ["tile/0/", "entries/", "checkpoint"])
async def test_files_of_one_step_of_which_some_were_written_are_made_whole(
    store: Redis, tmp_path: Path, first: str
) -> None:
    town = await town_of_two(store, tmp_path)
    q = await town.submit(await town.attendee(), "Number two, where are you?")
    faulty = sequencer_in(tmp_path, files=failing_files(first, False, before_it=True))
    with pytest.raises(Broken):
        while True:
            await faulty.step(store)
    signed = (log_folder(tmp_path, town) / "signed").read_text().splitlines()[1]
    assert signed == ("3" if first == "checkpoint" else "2")
    assert (log_folder(tmp_path, town) / "checkpoint").read_text().splitlines()[1] == "2"
    third = await town.submit(await town.attendee(), "Number three, who are you?")
    await whole(store, tmp_path, town, [q, third])


async def test_a_store_that_comes_back_empty_is_told_and_the_log_goes_on(
    store: Redis, tmp_path: Path
) -> None:
    town = await town_of_two(store, tmp_path)
    last = await typed.hget(store, keys.cursor(town.meeting.id), "intake") or ""
    m = town.meeting.id
    await store.delete(keys.intake(m), keys.cursor(m))
    await store.delete(keys.log(town.meeting.id))
    await settle(sequencer_in(tmp_path), store)
    q = await town.submit(await town.attendee(), "Number two, after the loss?")
    entries = await typed.entries(store, keys.intake(town.meeting.id), "", 10)
    assert [entry["id"] for _, entry in entries] == [f"r:{q}"]
    assert tuple(map(int, entries[0][0].split("-"))) > tuple(map(int, last.split("-")))
    await whole(store, tmp_path, town, [q])


async def test_what_an_older_store_holds_behind_the_cursor_is_not_lost(
    store: Redis, tmp_path: Path
) -> None:
    town = await town_of_two(store, tmp_path)
    intake = keys.intake(town.meeting.id)
    await store.delete(intake)
    q = await town.submit(await town.attendee(), "Number two, in an older store?")
    ((_, entry),) = await typed.entries(store, intake, "", 10)
    await store.delete(intake)
    await store.xadd(intake, fields(entry), id="5-0")  # the clock of the older store stood behind
    await whole(store, tmp_path, town, [q])


async def test_malformed_and_doubled_intents_are_kept_aside_and_stop_nobody(
    store: Redis, tmp_path: Path
) -> None:
    town = await town_of_two(store, tmp_path)
    m = town.meeting.id
    opened = leaves_of(tmp_path, town)[1].decode()
    known = leaf.parse(leaves_of(tmp_path, town)[-1]).q
    reserved = {
        f"y:{kind}": leaf.intent(
            kind, **{**INTENTS[kind], **({"q": known} if "q." in kind else {})}
        )
        for kind in RESERVED
    }
    odd = reserved | {
        "x:1": "{",
        "x:2": '{"t":"q.list","v":1}',
        "x:3": '{"by":"mod:1","q":"AAAAAAAAAAAAAAAAAAAAAA","t":"q.list","v":1}',
        "x:4": '{"t":"log.open","v":1}',
        "x:5": '{"t":"q.invented","v":1}',
        "x:6": '{"active":1,"eligible":1,"n":7,"t":"v.tick","v":1}',
        "x:7": opened.replace('"at":', '"at2":'),
        "x:8": "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace") * 3000,
    }
    for name, body in odd.items():
        await store.xadd(keys.intake(m), {"id": name, "intent": body})
    await store.xadd(keys.intake(m), {"odd": "entry"})
    q = await town.submit(await town.attendee(), "Number two, past the mess?")
    held = (await typed.entries(store, keys.intake(m), "", 100))[-1][1]
    await store.xadd(keys.intake(m), fields(held))  # the same intent, doubled
    await store.xadd(
        keys.intake(m), fields({**held, "id": "r:other"})
    )  # the same question under another id
    await whole(store, tmp_path, town, [q])
    leaves = LeafStore(tmp_path / "data" / "log" / "leaves.sqlite3")
    told = {aside.intent: aside.reason for aside in leaves.aside(m)}
    leaves.close()
    assert set(odd) <= set(told) and len(told) == len(odd) + 2
    assert all("reserved" in told[name] for name in reserved)
    assert "received before" in told["r:other"] and "unknown" not in told["x:3"]
    assert await typed.hget(store, keys.log(m), "aside") == str(len(told))


async def test_bytes_that_are_no_text_are_kept_aside_and_stop_nobody(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    worker = connect(store_url, timeout_s=30.0, reads_all=True)
    town = await town_of_two(store, tmp_path)
    for entry in ({"id": b"\xff\xfe", "intent": "{"}, {"id": "z", "intent": b"\xff\x00"}):
        await store.xadd(keys.intake(town.meeting.id), entry)  # type: ignore[arg-type]
    q = await town.submit(await town.attendee(), "Number two, past the noise?")
    await settle(sequencer_in(tmp_path), worker)
    assert (await town.look(q)).number == 2
    assert await typed.hget(store, keys.log(town.meeting.id), "aside") == "2"
    await worker.aclose()


async def test_the_end_of_a_log_whose_meeting_goes_on_is_kept_aside(
    store: Redis, tmp_path: Path
) -> None:
    town = await town_of_two(store, tmp_path)
    forged = {"id": "c:1", "intent": leaf.intent("log.close")}
    await store.xadd(keys.intake(town.meeting.id), fields(forged))
    q = await town.submit(await town.attendee(), "Number two, past the end?")
    await whole(store, tmp_path, town, [q])
    assert await typed.hget(store, keys.log(town.meeting.id), "aside") == "1"


async def test_hundreds_at_once_cross_tiles_and_every_receipt_holds(
    store: Redis, tmp_path: Path
) -> None:
    town = await town_of_two(store, tmp_path)
    asker = await town.attendee()
    qs = [await town.submit(asker, f"Number {n}, please?") for n in range(280)]
    await whole(store, tmp_path, town, qs)
    paths = {path.name for path in (log_folder(tmp_path, town) / "tile" / "0").iterdir()}
    assert {"000", "001.p"} <= paths


async def test_numbers_told_in_pages_all_arrive_when_the_store_fails_between_two(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await town_of_two(store, tmp_path)
    asker = await town.attendee()
    qs = [await town.submit(asker, f"Number {n}, please?") for n in range(5)]
    telling, pages = sequencing.note, 0

    async def note(*given: object) -> None:
        nonlocal pages
        pages += bool(given[7])
        if pages == 2:
            raise RedisError("broken")
        await telling(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(telling_of, "PAGE", 2)
    monkeypatch.setattr(sequencing, "note", note)
    with pytest.raises(RedisError):
        await settle(sequencer_in(tmp_path), store)
    monkeypatch.undo()
    await whole(store, tmp_path, town, qs)
