"""Whatever happens to a process, the disk or the clock: what was acknowledged is there, once, and
every proof that was given holds (docs/reliability.md)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import faults, storm
from tests.faults.conftest import Tell
from tests.faults.faults import Fault
from tests.faults.machine import Machine, NoCompiler, compiled, machine
from tests.faults.proofs import judge_proofs
from tests.launch.running import free_port

QUICK: list[Fault] = [faults.store_killed, faults.server_killed]
RULED: list[Fault] = [faults.power_lost, faults.disk_slow, faults.clock_jumped]
SLOW: list[Fault] = [
    faults.sequencer_killed,
    faults.worker_killed,
    faults.store_frozen,
    faults.server_blocked,
    faults.memory_full,
]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return compiled(tmp_path_factory.mktemp("shim"))
    except NoCompiler as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One machine for all faults: each finds it healed from the one before."""
    yield from judged(machine(tmp_path_factory.mktemp("machine"), free_port(), None))


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory, shim: Path) -> Iterator[Machine]:
    """One whose disk and clock are ruled."""
    yield from judged(machine(tmp_path_factory.mktemp("machine"), free_port(), shim))


def judged(made: Machine) -> Iterator[Machine]:
    made.run.start()
    yield made
    assert made.run.stop() == 0
    judge_proofs(made, made.receipts)


@pytest.mark.parametrize("fault", QUICK)
async def test_what_was_acknowledged_is_there_once(
    plain: Machine, fault: Fault, rounds: int, tell: Tell
) -> None:
    tell(await storm.storm(plain, fault, rounds=rounds))


@pytest.mark.faults
@pytest.mark.parametrize("fault", SLOW)
async def test_it_is_there_after_longer_trouble_too(
    plain: Machine, fault: Fault, rounds: int, tell: Tell
) -> None:
    tell(await storm.storm(plain, fault, rounds=rounds))


@pytest.mark.parametrize(
    "fault", [RULED[0], *(pytest.param(fault, marks=pytest.mark.faults) for fault in RULED[1:])]
)
async def test_it_is_there_when_disk_or_clock_fail(
    ruled: Machine, fault: Fault, rounds: int, tell: Tell
) -> None:
    tell(await storm.storm(ruled, fault, rounds=rounds))


@pytest.mark.faults
async def test_a_log_that_is_synced_once_a_second_loses_what_it_acknowledged(
    tmp_path: Path, shim: Path
) -> None:
    """The control: the same power cut under the usual setting of the store is noticed."""
    careless = machine(tmp_path, free_port(), shim, "--appendfsync everysec")
    careless.run.start()
    with pytest.raises((AssertionError, ExceptionGroup)):
        await storm.storm(careless, faults.power_lost)
    careless.run.stop()


@pytest.mark.faults
async def test_it_is_there_after_the_disk_was_full(tmp_path: Path, rounds: int, tell: Tell) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: a small disk of its own is mounted")
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk of its own")
    try:
        made = machine(small, free_port(), None)
        made.run.start()
        tell(await storm.storm(made, faults.disk_full, rounds=rounds))
        assert made.run.stop() == 0
        judge_proofs(made, made.receipts)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
