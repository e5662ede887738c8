"""Published heads reach the witnesses; what they say is believed only as far as it verifies."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from server.translog import proof, tree
from tests.feeder import feeding
from tests.feeder.feeding import ID, Clock, publish, stranger, witnessed
from tests.translog.building import ORIGIN, log_signer
from tests.translog.third_party import accepts
from tests.witness import watching
from tests.witness.watching import hashes, head
from workers.feeder import exchange
from workers.feeder.exchange import Answer, Away


def status(folder: Path) -> dict[str, Any]:
    """What the pages are told."""
    found: dict[str, Any] = json.loads((folder / ID / "witnesses.json").read_text())
    return found


async def test_a_quorum_of_real_witnesses_cosigns_each_head_as_the_log_grows(
    tmp_path: Path,
) -> None:
    log, clock = tmp_path / "log", Clock()
    with watching.witness(tmp_path / "a") as a, watching.witness(tmp_path / "b") as b:
        rule = feeding.rule(
            {"council": a, "press": b, "gone": ("http://127.0.0.1:9", stranger("g").key)}, 2
        )
        feeder = feeding.feeder(log, rule, clock=clock)
        for size in (1, 3, 260):
            publish(log, size)
            clock.ahead += 2
            await feeder.once()
            found = witnessed(log, rule)
            assert found and found.checkpoint == head(size) and rule.met_by(found.witnesses)
        told = status(log)
        assert (told["size"], told["by"], told["of"]) == (260, ["council", "press"], 3)
        assert told["troubles"] == {"gone": "away"}
        # A new feeder has forgotten where they stand, asks, and goes on.
        publish(log, 300)
        await feeding.feeder(log, rule).once()
        found = witnessed(log, rule)
        assert found and found.checkpoint.size == 300


@pytest.mark.parametrize("name", ["vkey", "checkpoint"])
async def test_a_damaged_log_keeps_no_other_from_its_witnesses(tmp_path: Path, name: str) -> None:
    publish(tmp_path, 3)
    damaged = tmp_path / ("b" * 26)
    shutil.copytree(tmp_path / ID, damaged)
    (damaged / name).write_bytes(b"\xff\xfe")
    with watching.witness(tmp_path / "a") as a:
        rule = feeding.rule({"a": a}, 1)
        await feeding.feeder(tmp_path, rule).once()
        found = witnessed(tmp_path, rule)
    assert found and found.checkpoint == head(3)
    assert not (damaged / "checkpoint.witnessed").exists()


async def test_a_third_party_accepts_a_receipt_under_what_our_witnesses_signed(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    with watching.witness(tmp_path / "a") as a, watching.witness(tmp_path / "b") as b:
        rule = feeding.rule({"a": a, "b": b}, 2)
        publish(log, 20)
        await feeding.feeder(log, rule).once()
        note = (log / ID / "checkpoint.witnessed").read_text()
        node = tree.nodes_of(hashes(20))
        text = proof.write(7, tree.inclusion_proof(7, 20, node), note)
        vkey, keys = log_signer().key.text(), (a[1].text(), b[1].text())
        assert accepts(tmp_path, b"7", vkey, ORIGIN, text, keys)
        plain = proof.write(
            7, tree.inclusion_proof(7, 20, node), log_signer().sign(head(20).text())
        )
        assert not accepts(tmp_path, b"7", vkey, ORIGIN, plain, keys)


async def test_a_fork_and_an_old_copy_are_alarms_and_never_witnessed(tmp_path: Path) -> None:
    log, clock = tmp_path / "log", Clock()
    with watching.witness(tmp_path / "a") as a:
        rule = feeding.rule({"council": a}, 1)
        publish(log, 9)
        await feeding.feeder(log, rule).once()
        publish(log, 5)  # an old copy was put back
        feeder = feeding.feeder(log, rule, clock=clock)
        await feeder.once()
        assert status(log)["troubles"] == {"council": "ahead"}
        publish(log, 12, fork_at=5)  # and another history grows out of it
        clock.ahead += 100
        await feeder.once()
        assert status(log)["troubles"] == {"council": "fork"}
        publish(log, 9, fork_at=5)
        await feeding.feeder(log, rule).once()
        assert status(log)["troubles"] == {"council": "fork"}
        found = witnessed(log, rule)
        assert found and found.checkpoint == head(9)


async def test_a_fork_is_final_and_other_troubles_are_asked_again_less_and_less(
    tmp_path: Path,
) -> None:
    log, clock, asked = tmp_path / "log", Clock(), {"fork": 0, "away": 0}

    async def forks(_: bytes) -> Answer:
        asked["fork"] += 1
        return Answer(422, b"no")

    async def gone(_: bytes) -> Answer:
        asked["away"] += 1
        raise Away("TimeoutError")

    rule = feeding.rule(
        {"f": ("http://f", stranger("f").key), "w": ("http://w", stranger("w").key)}, 1
    )
    feeder = feeding.feeder(log, rule, {"http://f": forks, "http://w": gone}, clock)
    publish(log, 4)
    for _ in range(200):
        clock.ahead += 1.5
        await feeder.once()
    assert asked["fork"] == 1
    assert 5 <= asked["away"] <= 12  # of 200 chances in five minutes
    assert witnessed(log, rule) is None


@pytest.mark.parametrize(
    ("says", "trouble"),
    [
        (feeding.fixed(200, b""), "wrong"),
        (feeding.fixed(200, b"\xff" * 40), "wrong"),
        (feeding.fixed(200, stranger("other").line(head(4).text(), 1).encode()), "wrong"),
        (feeding.fixed(200, stranger("w").line(head(5).text(), 1_790_000_000).encode()), "wrong"),
        (feeding.fixed(200, stranger("w").line(head(4).text(), 1).encode()), "wrong"),
        (feeding.fixed(409, b"2\n"), "wrong"),
        (feeding.fixed(409, b"two\n"), "wrong"),
        (feeding.fixed(409, b"99\n"), "ahead"),
        (feeding.fixed(409, b"4\n"), "fork"),
        (feeding.fixed(404), "unknown"),
        (feeding.fixed(403), "unknown"),
        (feeding.fixed(302), "wrong"),
        (feeding.fixed(503), "away"),
        (feeding.away, "away"),
    ],
)
async def test_whatever_a_witness_says_nothing_false_is_published(
    tmp_path: Path, says: feeding.Says, trouble: str
) -> None:
    publish(tmp_path, 4)
    rule = feeding.rule({"w": ("http://w", stranger("w").key)}, 1)
    await feeding.feeder(tmp_path, rule, {"http://w": says}).once()
    assert witnessed(tmp_path, rule) is None
    assert status(tmp_path)["troubles"] == {"w": trouble}


async def test_nobody_waits_for_a_slow_witness(tmp_path: Path) -> None:
    publish(tmp_path, 4)
    released = asyncio.Event()

    async def slow(_: bytes) -> Answer:
        await released.wait()
        return Answer(200, b"")

    with watching.witness(tmp_path / "a") as a:
        rule = feeding.rule({"a": a, "slow": ("http://slow", stranger("s").key)}, 1)
        feeder = feeding.feeder(tmp_path, rule, {"http://slow": slow})
        round_ = asyncio.ensure_future(feeder.once())
        while witnessed(tmp_path, rule) is None:
            await asyncio.sleep(0.01)
        assert not round_.done()
        released.set()
        await round_


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 20_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000,
        b"HTTP/1.1 200",
    ],
)
async def test_an_answer_that_is_none_is_nobody_there(raw: bytes) -> None:
    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Away):
            await exchange.post(f"http://127.0.0.1:{port}/add-checkpoint", b"body", 60)


async def test_a_witness_that_never_ends_its_answer_is_left_after_its_time() -> None:
    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await reader.read()  # until the other side gives up
        writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Away, match="Timeout"):
            await exchange.post(f"http://127.0.0.1:{port}/", b"", 0.3)
