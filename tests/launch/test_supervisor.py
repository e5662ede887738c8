"""How children are replaced when something else happens meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import pytest

from server.launch import ports, supervisor
from server.launch.supervisor import Child, Supervisor
from tests.launch.running import eventually

# Each life adds its number to a file. The first of two ends only once somebody lets it.
LIVES = 'echo $$ >> "$0"; while :; do sleep 0.05; done'
WAITS = (
    'trap \'touch "$0-asked"; while [ ! -e "$0-let" ]; do sleep 0.05; done; exit\' TERM; ' + LIVES
)


@dataclass(slots=True)
class House:
    """A supervisor at work, and what it said."""

    folder: Path
    said: list[str] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        # a machine may be busy
        self.supervisor = Supervisor(self.said.append, 60.0, replaced=self.told.append)

    def start(self, name: str, script: str, *bound: socket) -> None:
        words = ["sh", "-c", script, str(self.folder / name)]
        self.supervisor.start(Child(name, words, dict(os.environ), ports=bound))

    def lives(self, name: str) -> list[int]:
        """The process ids that a child had, in order."""
        path = self.folder / name
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def there(self, name: str) -> Callable[[], bool]:
        return (self.folder / name).exists

    def watched(self, meanwhile: Callable[[], None]) -> None:
        """Watch children while another thread does this, to its end."""
        failed: list[BaseException] = []

        def do() -> None:
            try:
                meanwhile()
            except BaseException as error:
                failed.append(error)
            finally:
                (self.folder / "slow-let").touch()
                self.supervisor.end()

        does = threading.Thread(target=do)
        does.start()
        self.supervisor.watch()
        does.join()
        if failed:
            raise failed[0]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_child_that_dies_while_another_ends_is_started_again(house: House) -> None:
    house.start("slow", WAITS)
    house.start("other", LIVES)

    def meanwhile() -> None:
        eventually(lambda: house.lives("slow") and house.lives("other"), "both live")
        house.supervisor.replace()
        eventually(house.there("slow-asked"), "the first was asked to end")
        os.kill(house.lives("other")[0], signal.SIGKILL)
        eventually(lambda: len(house.lives("other")) == 2, "the other lives again")
        assert len(house.lives("slow")) == 1  # and has not ended yet

    house.watched(meanwhile)
    assert not any("killing it" in line for line in house.said)


def test_who_asks_while_new_processes_come_is_told_when_there_are_newer_ones(house: House) -> None:
    house.start("slow", WAITS)

    def meanwhile() -> None:
        eventually(lambda: house.lives("slow"), "it lives")
        house.supervisor.replace()
        eventually(house.there("slow-asked"), "it was asked to end")
        house.supervisor.replace()
        (house.folder / "slow-let").touch()
        eventually(lambda: house.told, "somebody was told")

    house.watched(meanwhile)
    assert house.told == [True]
    assert house.said.count("slow was replaced") == 2


def test_a_run_that_ends_does_not_wait_for_a_successor(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "READY_S", 90.0)
    ended = list[float]()
    house.start("server", LIVES, *ports.bind("127.0.0.1", 0))

    def meanwhile() -> None:
        eventually(lambda: house.lives("server"), "it lives")
        house.supervisor.replace()
        eventually(lambda: len(house.lives("server")) == 2, "its successor lives")
        ended.append(time.monotonic())

    house.watched(meanwhile)
    assert time.monotonic() - ended[0] < 45
    assert house.told == [False]
    assert not any("did not start" in line for line in house.said)
    for pid in house.lives("server"):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
