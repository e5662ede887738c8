"""Whole meetings through the sequencer: what is decided is in the log, numbered, signed, receipted."""

from __future__ import annotations

import json
import time
from pathlib import Path

from redis.asyncio import Redis

from server.acts import appeal, closing, decide, meetings, merge, stage, submit
from server.audit.checks import Receipt
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.sources import Folder
from server.domain.question import State
from server.store import keys, submissions, typed
from server.store.call import call
from server.translog import checkpoint, leaf, proof, tile, tree
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.note import VerifierKey
from tests.acts.building import NOW, Town, contents, fresh_q, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.translog.third_party import accepts
from workers.sequencer.leaves import LeafStore

NEVER = 10**12


def log_folder(folder: Path, town: Town) -> Path:
    """Where the meeting's log is kept."""
    return folder / "data" / "log" / log_id(town.meeting.id)


def leaves_of(folder: Path, town: Town) -> list[bytes]:
    """All committed leaves."""
    store = LeafStore(folder / "data" / "log" / "leaves.sqlite3")
    found = store.leaves(town.meeting.id, 0, NEVER)
    store.close()
    return found


def receipt(folder: Path, index: int, note: str = "signed") -> str:
    """The proof file of a leaf, made of what is on the disk alone."""
    signed = (folder / note).read_text()
    head = Checkpoint.parse(signed.partition("\n\n")[0] + "\n")
    node = tile.node_from(lambda found: (folder / found.path()).read_bytes(), head.size)
    return proof.write(index, tree.inclusion_proof(index, head.size, node), signed)


async def test_every_act_of_a_meeting_is_in_the_log_and_others_verify_it(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)

    async def ask(text: str) -> str:
        asker = await town.attendee()
        q = await town.submit(asker, text)
        await settle(sequencer, store)
        return q

    first, second, third = [await ask(f"Question number {n}, please?") for n in (1, 2, 3)]
    asker = await town.attendee()
    fourth = await town.submit(asker, "Will you answer mine in writing?")
    await settle(sequencer, store)
    one, two, host = await town.moderator(), await town.moderator(), await town.host()
    m = town.meeting
    for q in (first, second, third):
        await decide.list_question(store, m, one, q, (await town.look(q)).revision, NOW)
    number = (await town.look(first)).number or 0
    assert number == 1 and (await town.look(fourth)).number == 4
    await decide.screen_out(store, m, one, fourth, 1, "off-topic", "Not here.", None, NOW)
    await appeal.appeal(store, m, asker, fourth, "But it is about our work.", NOW)
    found = await town.look(fourth)
    await appeal.judge(store, m, two, fourth, found.revision, True, NOW)
    found = await town.look(second)
    await merge.merge(store, m, one, second, found.revision, number, NOW)
    found = await town.look(second)
    await merge.split(store, m, one, second, found.revision, NOW)
    found = await town.look(first)
    await stage.pick(store, m, host, first, found.revision, NOW)
    found = await town.look(first)
    await stage.answer(store, m, host, first, found.revision, 90, "", NOW)
    await submit.withdraw(store, m, asker, fourth, NOW)
    await settle(sequencer, store)
    m = await meetings.change(store, m, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, m, NOW)
    await settle(sequencer, store)

    leaves = leaves_of(tmp_path, town)
    kinds = [leaf.parse(data).kind for data in leaves]
    assert {"v.tick", "q.pick", "q.judge", "q.appeal", "q.merge", "q.split", "q.end"} <= set(kinds)
    assert kinds[-1] == "log.close" and kinds.count("v.tick") == 2
    ended = leaf.parse(leaves[-1]).fields["counts"]
    assert ended == {"answered": 1, "not_reached": 2, "withdrawn": 1}
    assert await typed.hget(store, keys.log(m.id), "aside") == "0"
    folder = log_folder(tmp_path, town)
    vkey = (folder / "vkey").read_text().strip()
    key = VerifierKey.parse(vkey)
    for index, data in enumerate(leaves):
        assert proof.verify(receipt(folder, index), data, key)[0] == index
    found = await town.look(first)
    at = int(await typed.hget(store, keys.question(m.id, first), "leaf") or -1)
    assert leaf.parse(leaves[at]).q == first and leaf.parse(leaves[at]).kind == "q.received"
    assert accepts(tmp_path, leaves[at], vkey, key.name, receipt(folder, at))
    assert not accepts(tmp_path, leaves[at + 1], vkey, key.name, receipt(folder, at))
    tick = leaf.parse(leaves[kinds.index("v.tick")])
    pick = leaf.parse(leaves[kinds.index("q.pick")])
    tally = (folder / "ticks" / "1.json").read_bytes()
    assert leaf.sha256_hex(tally) == tick.fields["sha256"]
    rank = int(str(pick.fields["rank"]))
    assert json.loads(tally)["ranking"][rank - 1][0] == pick.q == first
    assert findings(tmp_path) == {key.name: (len(leaves), [])}
    audited = Findings()
    held = [Receipt(f"leaf {n}", receipt(folder, n), leaves[n]) for n in range(len(leaves))]
    audit(Folder(folder), key, None, held, [], int(time.time()), audited, lambda *_: None)
    assert audited.status() == 0, audited.report()
    assert checkpoint.verified((folder / "checkpoint").read_text(), key).checkpoint.size == len(
        leaves
    )


async def test_no_text_and_no_name_gets_into_the_log_s_files(store: Redis, tmp_path: Path) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    await town.submit(await town.attendee(), "Who keeps the CANARY in the cellar?")
    await settle(sequencer, store)
    assert len(leaves_of(tmp_path, town)) == 2
    assert b"CANARY" not in contents(tmp_path)
    assert await store.xlen(keys.intake(town.meeting.id)) <= 1  # trimmed behind what is committed


async def test_before_the_meeting_the_served_log_stands_still_between_gates(
    store: Redis, tmp_path: Path
) -> None:
    now = [1_790_003_000.0]
    town = await live_town(store, phase="collecting")
    sequencer = sequencer_in(tmp_path, lambda: now[0])

    async def served() -> tuple[int, int]:
        await settle(sequencer, store)
        sizes = [
            int((log_folder(tmp_path, town) / name).read_text().split("\n")[1])
            for name in ("checkpoint", "signed")
        ]
        return sizes[0], sizes[1]

    async def ask(times: int) -> None:
        for _ in range(times):
            await town.submit(await town.attendee(), "When do we get new chairs?")

    assert await served() == (1, 1)
    await ask(4)
    now[0] += 3600
    assert await served() == (1, 5)  # receipts at once, the record not: four are too few
    await ask(1)
    assert await served() == (6, 6)  # the hour has come before, the fifth leaf now
    await ask(7)
    assert await served() == (6, 13)
    now[0] += 3600
    assert await served() == (13, 13)
    await ask(1)
    assert await served() == (13, 14)
    days = [leaf.parse(data).at % 86_400 for data in leaves_of(tmp_path, town)]
    assert not any(days)
    await meetings.change(store, town.meeting, {"phase": "live"}, "org:1", NOW)
    await ask(1)
    assert await served() == (16, 16)
    assert leaf.parse(leaves_of(tmp_path, town)[-1]).at == int(now[0])
    assert [found[1] for found in findings(tmp_path).values()] == [[]]
    kept = {path.name for path in (log_folder(tmp_path, town) / "cp").iterdir()}
    assert kept == {"1", "6", "13", "15"}


async def test_each_gate_before_the_meeting_serves_the_tallies_that_stood_then(
    store: Redis, tmp_path: Path
) -> None:
    now = [1_790_003_000.0]
    town = await live_town(store, phase="collecting")
    sequencer = sequencer_in(tmp_path, lambda: now[0])
    moderator = await town.moderator()
    listed = [await town.submit(await town.attendee(), f"Number {n}, please?") for n in range(3)]
    await settle(sequencer, store)
    for q in listed:
        await decide.list_question(store, town.meeting, moderator, q, 1, NOW)
    now[0] += 3600
    await settle(sequencer, store)
    await settle(sequencer, store)
    leaves = [leaf.parse(data) for data in leaves_of(tmp_path, town)]
    served = int((log_folder(tmp_path, town) / "checkpoint").read_text().split("\n")[1])
    assert served == len(leaves) and [one.kind for one in leaves].count("v.tick") == 1
    assert leaves[-1].kind == "v.tick" and leaves[-1].at % 86_400 == 0
    ranking = json.loads((log_folder(tmp_path, town) / "ticks" / "1.json").read_text())["ranking"]
    assert [row[0] for row in ranking] == listed


async def test_a_clock_that_goes_back_never_takes_the_log_with_it(
    store: Redis, tmp_path: Path
) -> None:
    now = [1_790_003_000.0]
    town, sequencer = await live_town(store), sequencer_in(tmp_path, lambda: now[0])
    await town.submit(await town.attendee(), "When do we get new chairs?")
    await settle(sequencer, store)
    now[0] -= 86_400
    await town.submit(await town.attendee(), "When do we get new desks?")
    await settle(sequencer, store)
    times = [leaf.parse(data).at for data in leaves_of(tmp_path, town)]
    assert times == [1_790_003_000] * 3
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def test_a_question_that_the_log_kept_aside_holds_up_no_closing(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    m, asker = town.meeting.id, await town.attendee()
    # What a release before this one took: a lock that no leaf may hold.
    aside, hash_, locks = fresh_q(), "ab" * 32, {"w": "ab" * 32 + "\n", "a": "ab" * 32}
    intent = {"q": aside, "c": hash_, "hl": locks, "via": "api", "assurance": "A0"}
    entry = json.dumps({"v": 1, "t": "q.received", **intent})
    told = submissions.command(m, aside, asker.voter or 0, {}, entry, "fate", NOW)
    assert await call(store, submissions.FUNCTION, *told) == "received"
    good = await town.submit(asker)
    closed = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, closed, NOW)
    assert await store.zcard(keys.waiting(m)) == 2  # the log has looked at neither yet
    await settle(sequencer, store)
    await closing.settle(store, closed, NOW)
    await settle(sequencer, store)
    found = [await town.look(q) for q in (aside, good)]
    assert [(one.number, one.state) for one in found] == [
        (None, State.NOT_REVIEWED),
        (1, State.NOT_REVIEWED),
    ]
    assert leaf.parse(leaves_of(tmp_path, town)[-1]).kind == "log.close"
    assert await closing.forget(store, closed) == 1
    assert await typed.hget(store, keys.log(m), "aside") == "1"  # its end is no loss of its own
