"""Bytes that come late and connections that end in mid-reply, between people and server and between
server and store: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults import storm
from tests.faults.bad_line import BadLine, line_to
from tests.faults.conftest import Tell
from tests.faults.machine import Machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import Run, free_port
from tests.launch.stores import store_on

BAD_S = 4.0


async def _stormed(folder: Path, run: Run, line: BadLine, rounds: int) -> str:
    async def bad_line(_: Machine) -> None:
        """Every tenth piece late, some answers cut."""
        line.bad = True
        await asyncio.sleep(BAD_S)
        line.bad = False

    made = Machine(folder, run)
    await asyncio.to_thread(made.run.start)
    told = await storm.storm(made, bad_line, rounds=rounds)
    assert await asyncio.to_thread(made.run.stop) == 0
    judge_proofs(made, made.receipts)
    assert line.late > 20 and line.cuts > 2
    return f"{told}; {line.late} pieces late, {line.cuts} answers cut"


@pytest.mark.faults
async def test_it_is_there_over_bad_lines_of_people(
    tmp_path: Path, rounds: int, tell: Tell
) -> None:
    port = free_port()
    with line_to(port, cut=0.02) as line:
        arguments = ("--port", str(port), "--data", str(tmp_path / "data"))
        run = Run(arguments, {"PUBLIC_URL": f"http://127.0.0.1:{line.port}"})
        tell(f"people: {await _stormed(tmp_path, run, line, rounds)}")


@pytest.mark.faults
async def test_it_is_there_over_a_bad_line_to_the_store(
    tmp_path: Path, rounds: int, tell: Tell
) -> None:
    port = free_port()
    with (
        store_on(port, tmp_path / "store", "--appendfsync", "always") as url,
        line_to(port, cut=0.05) as line,
    ):
        arguments = ("--port", str(free_port()), "--data", str(tmp_path / "data"))
        away = url.replace(f":{port}/", f":{line.port}/")
        run = Run(arguments, {"REDIS_URL": away})
        tell(f"store: {await _stormed(tmp_path, run, line, rounds)}")
