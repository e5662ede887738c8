"""All keys of a meeting live in one slot, and functions touch no key that they were not given."""

from __future__ import annotations

import asyncio
import inspect
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from server.acts import decide, merge, stage, submit, vote
from server.launch import embedded
from server.launch.supervisor import Child, Supervisor
from server.orphans import die_with_parent
from server.store import keys
from server.store.call import call
from server.store.client import connect
from server.store.loader import FOLDER, load
from tests.acts.building import NOW, PACE, live_town

SLOTS = 16_384


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM, written from its definition: polynomial 0x1021, no reflection, start 0."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def slot(key: str) -> int:
    """The cluster slot of a key: what stands in its first braces counts, where that is not empty."""
    tag = re.search(r"\{([^}]+)\}", key)
    return crc16((tag[1] if tag else key).encode()) % SLOTS


def spelled(m: str) -> dict[str, str]:
    """Every key of one meeting, by the name of its function."""
    found: dict[str, str] = {}
    for name, make in inspect.getmembers(keys, inspect.isfunction):
        wants = list(inspect.signature(make).parameters)
        if not name.startswith("_") and wants[:1] == ["m"]:
            found[name] = make(m, *("7" for _ in wants[1:]))
    return found


def test_the_sum_is_the_known_one() -> None:
    assert crc16(b"123456789") == 0x31C3
    assert slot("a{tag}b") == slot("tag") and slot("{}x") == crc16(b"{}x") % SLOTS


def test_all_keys_of_a_meeting_share_one_slot() -> None:
    for m in ("AAAAAAAAAAAAAAAAAAAAAA", "zz-_9"):
        found = spelled(m)
        assert len(found) > 20 and len(set(found.values())) == len(found)
        assert {slot(key) for key in found.values()} == {slot(m)}


def test_no_function_makes_a_key_of_its_own() -> None:
    for path in FOLDER.glob("*.lua"):
        for at, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("--")[0]
            spelled_here = re.findall(r"['\"]of:\w*", code)
            assert spelled_here in ([], ["'of:wake"]), f"{path.name}:{at}"
            first = re.search(r"redis\.call\('(\w+)',\s*(['\"])", code)
            assert first is None or first[1] in ("PUBLISH", "BITOP", "XINFO"), f"{path.name}:{at}"


@pytest_asyncio.fixture
async def cluster() -> AsyncIterator[Redis]:
    """A store in cluster mode: it refuses a function that leaves the slot of its keys."""
    gone = tempfile.TemporaryDirectory(prefix="of-test-")
    folder = Path(gone.name)
    supervisor = Supervisor(lambda _: None, 60.0)
    arguments = embedded.arguments(embedded.find_binary(None), folder, folder / "store")
    arguments = [*arguments, "--cluster-enabled", "yes"]
    url = f"unix://{folder / 'store'}"
    alive = supervisor.start(Child("store", arguments, {}, (), die_with_parent()))
    await asyncio.to_thread(embedded.wait_ready, url, alive)
    client = connect(url, timeout_s=30.0)
    raw: Any = client  # these two commands have no types
    await raw.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", str(SLOTS - 1))
    async with asyncio.timeout(30):
        while "cluster_state:ok" not in str(await raw.execute_command("CLUSTER", "INFO")):
            await asyncio.sleep(0.02)
    await load(client)
    yield client
    await client.aclose()
    await asyncio.to_thread(supervisor.stop)
    gone.cleanup()


async def test_a_meeting_stays_in_its_slot_on_a_cluster(cluster: Redis) -> None:
    town = await live_town(cluster)
    store, m = cluster, town.meeting
    asker, moderator, host = await town.attendee(), await town.moderator(), await town.host()
    first, second, third = [await town.listed(asker) for _ in range(3)]
    await vote.cast_now(store, m, await town.attendee(), 1, True, 1, "tab", PACE)
    await merge.merge(store, m, moderator, second.q, second.revision, 1, NOW)
    third = await decide.screen_out(
        store, m, moderator, third.q, third.revision, "unclear", "", None, NOW
    )
    first = await town.look(first.q)
    picked = await stage.pick(store, m, host, first.q, first.revision, NOW)
    await stage.answer(store, m, host, picked.q, picked.revision, 60, "", NOW)
    waiting = await town.ask(asker)
    await submit.withdraw(store, m, asker, waiting.q, NOW)
    assert (await town.look(first.q)).state == "answered"
    with pytest.raises(ResponseError, match="slot"):
        await call(store, "count_exposure", [keys.exposure("a"), keys.events("b")], [1, 1])
