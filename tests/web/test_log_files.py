"""The log over HTTP: what is published, to whom, with which headers, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, erase, meetings, submit
from server.store import keys, typed
from server.translog import checkpoint, leaf, proof, tile, tree
from server.translog.checkpoint import log_id
from server.translog.note import VerifierKey
from tests.acts.building import NOW, SECRET, Town, fresh_q, live_town
from tests.web.browsing import until


class Reader:
    """Somebody who reads a log, with or without a token."""

    def __init__(self, app: Quart, town: Town, token: str = "") -> None:
        self._client, self._log = app.test_client(), log_id(town.meeting.id)
        self._headers = {"Host": "floor.example"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self.status = 0
        self.headers: dict[str, str] = {}

    async def get(self, path: str) -> bytes:
        """The bytes at an address below the log's."""
        response = await self._client.get(f"/log/{self._log}/{path}", headers=self._headers)
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        data: Any = await response.get_data(as_text=False)
        return bytes(data)


async def taken(app: Quart, town: Town, text: str) -> str:
    """A question whose leaf is committed and signed."""
    q = await town.submit(await town.attendee(), text)
    await app.extensions["openfloor"].boards.numbered(town.meeting.id, q)
    return q


async def published(reader: Reader, size: int) -> str:
    """The served checkpoint, once it has reached a size."""
    note = ""

    async def reached() -> bool:
        nonlocal note
        note = (await reader.get("checkpoint")).decode()
        return reader.status == 200 and int(note.split("\n")[1]) >= size

    await until(reached, f"the served checkpoint reaches {size}")
    return note


async def test_a_stranger_verifies_every_leaf_from_what_is_served(app: Quart, store: Redis) -> None:
    town = await live_town(store)
    first = await taken(app, town, "When do we get new chairs?")
    reader = Reader(app, town)
    note = await published(reader, 2)
    assert reader.headers["cache-control"] == "public, max-age=1"
    assert reader.headers["access-control-allow-origin"] == "*"
    assert reader.headers["content-type"] == "text/plain; charset=utf-8"
    assert "set-cookie" not in reader.headers
    key = VerifierKey.parse((await reader.get("vkey")).decode().strip())
    head = checkpoint.verified(note, key).checkpoint
    hashes = await reader.get(f"tile/0/000.p/{head.size}")
    assert "immutable" in reader.headers["cache-control"]
    assert reader.headers["content-type"] == "application/octet-stream"
    leaves = tile.parse_bundle(await reader.get(f"tile/entries/000.p/{head.size}"), head.size)
    assert [tree.leaf_hash(data) for data in leaves] == tile.split_hashes(hashes)
    assert tree.root(head.size, tree.nodes_of(tile.split_hashes(hashes))) == head.root
    receipt = (await reader.get(f"receipt/{first}.tlog-proof")).decode()
    assert reader.headers["cache-control"] == "no-store"
    assert proof.verify(receipt, leaves[1], key)[0] == 1
    opened = leaf.parse(leaves[0])
    for name in ("policy", "reasons"):
        sha256 = str(opened.fields[name])
        assert leaf.sha256_hex(await reader.get(f"rules/{sha256}")) == sha256
    public = json.loads(await reader.get("public.json"))
    assert (public["size"], public["root"]) == (head.size, head.root.hex())
    assert [(row["n"], row["q"], row["state"]) for row in public["questions"]] == [
        (1, first, "received")
    ]


async def test_an_opening_is_served_while_its_text_is_public_and_never_else(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store)
    reader, moderator = Reader(app, town), await town.moderator()
    asker = await town.attendee()
    waits, lists, hides, leaves = [
        await taken(app, town, f"CANARY number {n}, what of it?") for n in range(4)
    ]
    gone = await town.submit(asker, "CANARY withdrawn, what of it?")
    await app.extensions["openfloor"].boards.numbered(town.meeting.id, gone)
    await submit.withdraw(store, town.meeting, asker, gone, NOW)
    await decide.list_question(store, town.meeting, moderator, lists, 1, NOW)
    for q, reason in ((hides, "personal-data"), (leaves, "off-topic")):
        await decide.screen_out(
            store, town.meeting, moderator, q, 1, reason, "A CANARY note.", None, NOW
        )
    await town.published()
    for q, status in ((waits, 404), (lists, 200), (hides, 403), (leaves, 200), (gone, 404)):
        data = await reader.get(f"opening/{q}.json")
        assert (q, reader.status) == (q, status)
        assert reader.headers["access-control-allow-origin"] == "*"  # of a refusal, too
        assert (b"CANARY" in data) is (status == 200)
        assert reader.headers["cache-control"] == "no-store"
        if status == 200:
            told = json.loads(data)
            c = leaf.commitment(bytes.fromhex(told["salt"]), told["opening"].encode())
            assert c == await typed.hget(store, keys.question(town.meeting.id, q), "c")
            assert json.loads(told["opening"])["meeting"] == town.meeting.id
    notes = await typed.hgetall(store, keys.openings(town.meeting.id))
    statuses = set()
    for c in notes:
        data = await reader.get(f"opening/{c}.json")
        statuses.add(reader.status)
        assert reader.status != 200 or c == leaf.commitment(
            bytes.fromhex(json.loads(data)["salt"]), json.loads(data)["opening"].encode()
        )
    assert statuses == {200}  # a note is the moderator's public word, beside a withheld text too
    with zipfile.ZipFile(io.BytesIO(await reader.get("archive.zip"))) as whole:
        names = set(whole.namelist())
    assert {"checkpoint", "vkey", "public.json", f"opening/{lists}.json"} <= names
    assert not {f"opening/{q}.json" for q in (waits, hides, gone)} & names


def told_by_all(q: str) -> list[str]:
    """Every address of a log that tells one thing about it, and the proof of a question."""
    names = "checkpoint checkpoint.witnessed public.json screened-out.json screened-out.csv policy"
    return [*names.split(), f"receipt/{q}.tlog-proof", f"receipt/{q}.tlog-proof?witnessed=1"]


async def seen(reader: Reader, path: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, bytes and headers, but for the moment of the answer."""
    data = await reader.get(path)
    headers = {name: value for name, value in reader.headers.items() if name != "date"}
    return reader.status, data, headers


async def test_before_the_meeting_nothing_at_the_log_tells_what_came_since_the_gate(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store, phase="collecting")
    first = await taken(app, town, "When do we get new chairs?")
    reader = Reader(app, town)
    before = {path: await seen(reader, path) for path in told_by_all(first)}
    assert before[f"receipt/{first}.tlog-proof"][0] == 404  # its asker has it (test_receipts)
    await taken(app, town, "When do we get new desks?")
    assert {path: await seen(reader, path) for path in before} == before
    assert (await published(reader, 1)).split("\n")[1] == "1"
    for path in ("tile/0/000.p/2", "tile/entries/000.p/2", "cp/2", "opening/" + first + ".json"):
        await reader.get(path)
        assert (path, reader.status) == (path, 404)
    assert json.loads(await reader.get("public.json"))["questions"] == []
    with zipfile.ZipFile(io.BytesIO(await reader.get("archive.zip"))) as whole:
        assert "tile/0/000.p/1" in whole.namelist() and "tile/0/000.p/2" not in whole.namelist()


@pytest.mark.parametrize(
    "path",
    [
        "signed",
        "tile/0/000.p/200",
        "tile/0/..%2f..%2fsigned",
        "tile/entries/000.p/1.tmp",
        "tile/0/0",
        "cp/99999999999999999999",
        "ticks/1.json",
        "receipt/AAAAAAAAAAAAAAAAAAAAAA.tlog-proof",
        "receipt/x.tlog-proof",
        "opening/AAAAAAAAAAAAAAAAAAAAAA.json",
        "opening/" + "0" * 64 + ".json",
        "opening/x.json",
        "%00",
    ],
)
async def test_what_is_not_there_is_a_404_that_nobody_keeps(
    app: Quart, store: Redis, path: str
) -> None:
    town = await live_town(store)
    await taken(app, town, "When do we get new chairs?")
    reader = Reader(app, town)
    await reader.get(path)
    assert reader.status == 404 and reader.headers["cache-control"] == "no-store"


async def test_an_unknown_log_is_a_404(app: Quart, store: Redis) -> None:
    for log in ("x", "a" * 26, base64.b32encode(bytes(16)).decode().lower().rstrip("=")):
        response = await app.test_client().get(
            f"/log/{log}/checkpoint", headers={"Host": "floor.example"}
        )
        assert response.status_code == 404


async def test_where_the_record_is_for_attendees_the_log_is_closed_to_others(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store, readers="attendees")
    q = fresh_q()
    joined = await town.attendee()
    await submit.submit(
        store,
        town.meeting,
        joined,
        q=q,
        text="Who reads this?",
        lang="en",
        name=None,
        via="web",
        secret=SECRET,
        now=NOW,
    )
    await app.extensions["openfloor"].boards.numbered(town.meeting.id, q)
    stranger = Reader(app, town)
    for path in ("checkpoint", "vkey", "tile/0/000.p/1", f"receipt/{q}.tlog-proof", "archive.zip"):
        await stranger.get(path)
        assert (path, stranger.status) == (path, 401)


async def test_an_archive_is_made_once_for_all_who_ask_and_anew_when_something_changed(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store)
    q = await taken(app, town, "When do we get new chairs?")
    reader, archives = Reader(app, town), app.extensions["openfloor"].archives
    await published(reader, 2)
    found = await asyncio.gather(*(Reader(app, town).get("archive.zip") for _ in range(6)))
    assert len(set(found)) == 1 and archives.made <= 2
    made = archives.made
    assert await reader.get("archive.zip") == found[0] and archives.made == made
    assert reader.headers["content-length"] == str(len(found[0]))
    listed = await decide.list_question(store, town.meeting, await town.moderator(), q, 1, NOW)
    await published(reader, 4)  # the moderator's appointment is a leaf, too
    assert f"opening/{q}.json" in names_of(await reader.get("archive.zip"))
    # The store alone knows of the erasure so far; the words are in no archive from here on.
    await erase.erase_named(store, town.meeting, 1, listed.revision, "law", NOW)
    assert f"opening/{q}.json" not in names_of(await reader.get("archive.zip"))
    assert archives.made == made + 2


async def test_before_the_meeting_an_archive_holds_no_rules_that_are_not_published(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store, phase="collecting")
    await taken(app, town, "When do we get new chairs?")
    reader = Reader(app, town)
    await published(reader, 1)
    before = names_of(await reader.get("archive.zip"))
    assert any(name.startswith("rules/") for name in before)
    await meetings.change(store, town.meeting, {"policy": "Other rules."}, "org:1", NOW)
    await taken(app, town, "When do we get new desks?")
    assert names_of(await reader.get("archive.zip")) == before


def names_of(archive: bytes) -> set[str]:
    """The names of an archive's members, all of which are whole."""
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        assert whole.testzip() is None
        return set(whole.namelist())
