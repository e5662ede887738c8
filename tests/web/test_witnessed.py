"""What the witnesses signed, over HTTP: the checkpoint, upgraded receipts, and a line on the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.acts.log_folder import LogFolder
from server.translog import anchor, checkpoint, policy, proof, tile
from server.translog.anchor import ANCHOR_ID
from server.translog.checkpoint import log_id
from server.translog.note import VerifierKey
from tests.acts.building import live_town
from tests.feeder import feeding
from tests.feeder.feeding import Clock
from tests.web.browsing import until
from tests.web.test_log_files import Reader, published, taken
from tests.witness import watching
from workers.feeder.feeder import Feeder
from workers.sequencer.files import Files


async def test_a_receipt_is_upgraded_once_a_quorum_has_signed(
    app: Quart, store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    q = await taken(app, town, "When do we get new chairs?")
    reader, folder = Reader(app, town), tmp_path / "data" / "log"
    await published(reader, 2)
    key = VerifierKey.parse((await reader.get("vkey")).decode().strip())
    await reader.get("checkpoint.witnessed")
    assert reader.status == 404
    await reader.get(f"receipt/{q}.tlog-proof?witnessed=1")
    assert reader.status == 404
    page = f"/m/{town.meeting.slug}/screened-out"
    client = app.test_client()
    assert "No independent witness" in await (await client.get(page, headers=HOST)).get_data(True)

    with watching.witness(tmp_path / "w", (key,)) as council:
        rule = feeding.rule(
            {"council": council, "gone": ("http://gone", feeding.stranger("g").key)}, 1
        )
        await feeding.feeder(folder, rule, {"http://gone": feeding.away}, Clock()).once()
    note = await reader.get("checkpoint.witnessed")
    assert reader.headers["cache-control"] == "public, max-age=5"
    assert rule.met_by(checkpoint.verified(note, key, (council[1],)).witnesses)
    text = (await reader.get(f"receipt/{q}.tlog-proof?witnessed=1")).decode()
    found = proof.Proof.parse(text)
    assert rule.met_by(checkpoint.verified(found.note, key, (council[1],)).witnesses)
    shown = await (await client.get(page, headers=HOST)).get_data(True)
    assert "1 of 2 independent witnesses" in shown and "Alarm" not in shown

    (folder / "witnesses.policy").write_text(
        f"witness council {council[1].text()}\nquorum council\n"
    )
    told = policy.parse((await reader.get("policy")).decode())
    assert told.logs == (key,) and told.quorum == "council"


async def test_a_witness_that_saw_another_history_stands_on_the_record(
    app: Quart, store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    await taken(app, town, "When do we get new chairs?")
    await published(Reader(app, town), 2)
    rule = feeding.rule({"council": ("http://c", feeding.stranger("c").key)}, 1)
    played = {"http://c": feeding.fixed(422)}
    await feeding.feeder(tmp_path / "data" / "log", rule, played).once()
    response = await app.test_client().get(f"/m/{town.meeting.slug}/screened-out", headers=HOST)
    shown = await response.get_data(True)
    assert "Alarm: council saw another history" in shown


async def test_a_witnessed_anchor_vouches_for_the_record_and_is_open_to_everybody(
    app: Quart, store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store, readers="attendees")
    await taken(app, town, "When do we get new chairs?")
    client, folder = app.test_client(), tmp_path / "data" / "log"
    at = f"/log/{ANCHOR_ID}"
    response: Any = None

    async def anchored() -> bool:
        nonlocal response
        response = await client.get(f"{at}/checkpoint", headers=HOST)
        return bool(response.status_code == 200)

    await until(anchored, "the anchor has its first head")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    note = await response.get_data(True)
    key = VerifierKey.parse(
        (await (await client.get(f"{at}/vkey", headers=HOST)).get_data(True)).strip()
    )
    size = checkpoint.verified(note, key).checkpoint.size
    held = await client.get(f"{at}/tile/entries/000.p/{size}", headers=HOST)
    leaves = tile.parse_bundle(await held.get_data(False), size)
    assert all(len(anchor.parse(data).log) == 64 for data in leaves)
    assert (await client.get(f"{at}/tile/entries/000.p/250", headers=HOST)).status_code == 404
    with watching.witness(tmp_path / "w", (key,)) as council:
        rule = feeding.rule({"council": council}, 1)
        feeder = Feeder(Files(folder), lambda log: rule if log == ANCHOR_ID else None)
        await feeder.once()
    assert (await client.get(f"{at}/checkpoint.witnessed", headers=HOST)).status_code == 200
    found = LogFolder(folder / log_id(town.meeting.id)).witnessing()
    assert found and found.anchored and (found.count, found.of) == (1, 1)


HOST = {"Host": "floor.example"}
