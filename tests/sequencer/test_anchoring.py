"""What the logs have published becomes leaves of the anchor: once, in time, and never before its gate."""

from __future__ import annotations

import json
import time
from pathlib import Path

from redis.asyncio import Redis

from server.acts.log_folder import LogFolder
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.sources import Folder
from server.audit.witnessed import AnchorLog
from server.translog import anchor, checkpoint
from server.translog.anchor import ANCHOR_ID, Anchored
from server.translog.checkpoint import Checkpoint
from server.translog.note import VerifierKey
from tests.acts.building import Town, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_meeting import log_folder
from workers.sequencer import fsck

START = 1_790_003_000.0


def anchored(folder: Path) -> list[Anchored]:
    """The anchor's leaves as they are published, under a signature that holds."""
    files = LogFolder(folder / "data" / "log" / ANCHOR_ID)
    head = checkpoint.verified(files.served(), VerifierKey.parse(files.vkey().strip())).checkpoint
    return [anchor.parse(data) for data in files.leaves(0, head.size)]


def head(folder: Path, town: Town, name: str = "checkpoint") -> Checkpoint:
    """The meeting's head."""
    note = (log_folder(folder, town) / name).read_text()
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n")


async def test_each_published_head_is_a_leaf_at_most_once_a_minute(
    store: Redis, tmp_path: Path
) -> None:
    now = [START]
    town, sequencer = await live_town(store), sequencer_in(tmp_path, lambda: now[0])
    sizes = []
    for seconds in (0, 5, 10, 70, 75, 140):
        now[0] = START + seconds
        await town.submit(await town.attendee(), "When do we get new chairs?")
        await settle(sequencer, store)
        sizes.append(head(tmp_path, town).size)
    found = anchored(tmp_path)
    assert [one.size for one in found] == [sizes[0], sizes[3], sizes[5]]
    assert {one.log for one in found} == {anchor.name_of(head(tmp_path, town).origin)}
    assert found[-1].root == head(tmp_path, town).root
    # Started anew it neither repeats nor forgets; and all that it wrote holds.
    again = sequencer_in(tmp_path, lambda: now[0])
    await settle(again, store)
    assert anchored(tmp_path) == found
    told = json.loads((log_folder(tmp_path, town) / "anchored.json").read_text())
    assert told == {"index": 2, "size": sizes[5]}
    checked = fsck.check(tmp_path / "data" / "log", tmp_path / "data-keys")
    assert len(checked) == 2 and not any(wrong for _, wrong in checked.values())


async def test_before_the_meeting_the_anchor_tells_no_more_than_the_gates_do(
    store: Redis, tmp_path: Path
) -> None:
    now = [START]
    town = await live_town(store, phase="collecting")
    sequencer = sequencer_in(tmp_path, lambda: now[0])
    for minute in range(4):
        now[0] = START + 70 * minute
        await town.submit(await town.attendee(), "When do we get new chairs?")
        await settle(sequencer, store)
    assert head(tmp_path, town, "signed").size == 5
    assert [one.size for one in anchored(tmp_path)] == [head(tmp_path, town).size] == [1]


async def test_the_auditor_finds_the_record_in_its_anchor(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    await town.submit(await town.attendee(), "When do we get new chairs?")
    await settle(sequencer_in(tmp_path), store)
    folder, logs = log_folder(tmp_path, town), tmp_path / "data" / "log"
    key = VerifierKey.parse((folder / "vkey").read_text().strip())
    anchor_key = VerifierKey.parse((logs / ANCHOR_ID / "vkey").read_text().strip())
    findings = Findings()
    given = AnchorLog(Folder(logs / ANCHOR_ID), anchor_key)
    now_s = int(time.time())
    audit(Folder(folder), key, None, [], [], now_s, findings, lambda *_: None, given)
    assert findings.status() == 0, findings.report()
    assert findings.done["A2"] == "2 earlier signatures."  # cp/1, and the anchor's


async def test_before_its_first_leaf_the_anchor_s_key_is_that_of_the_address_of_today(
    store: Redis, tmp_path: Path
) -> None:
    sequencer_in(tmp_path)
    key = tmp_path / "data" / "log" / ANCHOR_ID / "vkey"
    right = key.read_text()
    key.write_text(right.replace("qa.", "qb."))  # as if started under another one, as long
    await sequencer_in(tmp_path).step(store)
    assert key.read_text() == right


async def test_fsck_names_an_anchor_leaf_that_was_changed(store: Redis, tmp_path: Path) -> None:
    town = await live_town(store)
    await settle(sequencer_in(tmp_path), store)
    (tile,) = (tmp_path / "data" / "log" / ANCHOR_ID).glob("tile/entries/*.p/1")
    tile.write_bytes(tile.read_bytes().replace(b'"size":1', b'"size":2'))
    found = fsck.check(tmp_path / "data" / "log", tmp_path / "data-keys")
    assert found[f"qa.example/log/{ANCHOR_ID}"][1] and not found[head(tmp_path, town).origin][1]
