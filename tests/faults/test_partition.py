"""The network parts, with the leading store and people who vote on the smaller side: another one leads,
and nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from server.launch import embedded
from tests.faults.conftest import Tell
from tests.faults.site import NoNamespaces, Site, site
from tests.launch.running import ROOT, eventually

STORE, WATCHER, SERVICE = 6379, 26379, "floor"
CALM_S, PARTED_S = 1.5, 14.0
WATCH = """port {port}
bind 0.0.0.0
protected-mode no
dir {folder}
sentinel monitor {service} {leader} {store} 2
sentinel down-after-milliseconds {service} 1500
sentinel failover-timeout {service} 5000
"""


@dataclass(slots=True)
class Sites:
    """A store on hosts 1 and 2, a Sentinel on each of the three, and those who vote."""

    net: Site
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """REDIS_URL."""
        hosts = ",".join(f"{self.net.address(host)}:{WATCHER}" for host in (3, 2, 1))
        return f"redis+sentinel://{hosts}/{SERVICE}"

    def start(self, host: int, *command: str) -> subprocess.Popen[bytes]:
        """A process on a host, ended with the test."""
        within = self.net.within(host, *command)
        self.processes.append(subprocess.Popen(within, cwd=ROOT, stdout=subprocess.DEVNULL))
        return self.processes[-1]

    def says(self, host: int, *words: str) -> list[str]:
        """The words that a deed of `tests.faults.parted` prints on a host."""
        command = (sys.executable, "-m", "tests.faults.parted", *words)
        done = subprocess.run(
            self.net.within(host, *command), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n").split(" ")

    def stores(self) -> None:
        """Start both stores and the Sentinels; return once all know each other."""
        binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
        for host in (1, 2):
            folder = self.folder / f"store-{host}"
            folder.mkdir()
            told = ["--bind", "0.0.0.0", "--protected-mode", "no", "--dir", str(folder)]
            told += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
            told += ["--repl-diskless-sync-delay", "0", "--repl-timeout", "5"]
            told += ["--replicaof", self.net.address(1), str(STORE)] if host == 2 else []
            self.start(host, binary, "--port", str(STORE), *told)
        for host in (1, 2, 3):
            folder = self.folder / f"watcher-{host}"
            folder.mkdir()
            config = folder / "sentinel.conf"
            words = {"folder": str(folder), "service": SERVICE, "leader": self.net.address(1)}
            config.write_text(WATCH.format(port=WATCHER, store=STORE, **words))
            self.start(host, binary, str(config), "--sentinel")
        eventually(partial(self.leads, 1), "store 1 leads and has a replica")
        everybody = ["1", "2"] * 3
        eventually(lambda: self.says(3, "known", self.url) == everybody, "they know each other")

    def leads(self, host: int, replicas: int = 1, asked: int = 3) -> bool:
        """Whether this host's store leads, as seen from another host, with so many replicas."""
        return self.says(asked, "leader", self.url) == [self.net.address(host), str(replicas)]


@contextmanager
def sites(folder: Path) -> Iterator[Sites]:
    """Stores and Sentinels on a network of their own."""
    with site(3) as net:
        found = Sites(net, folder)
        try:
            found.stores()
            yield found
        finally:
            for process in found.processes:
                process.kill()
                process.wait()


@pytest.mark.faults
def test_what_either_side_acknowledged_is_there_when_they_meet_again(
    tmp_path: Path, tell: Tell
) -> None:
    try:
        with sites(tmp_path) as found:
            _parted(found, tmp_path, tell)
    except NoNamespaces as reason:
        pytest.skip(str(reason))


def _parted(found: Sites, folder: Path, tell: Tell) -> None:
    where = " ".join(found.says(1, "ask", found.url, "1"))
    careless = " ".join(found.says(1, "ask", found.url, "1"))
    parted = (sys.executable, "-m", "tests.faults.parted", "vote", found.url)
    ledgers = [str(folder / name) for name in ("near", "far", "careless")]
    voting = [
        found.start(1, *parted, "1", where, ledgers[0], "0"),
        found.start(2, *parted, "1", where, ledgers[1], "1000000"),
        # The control: acknowledged by the leading store alone, which loses what it told.
        found.start(1, *parted, "0", careless, ledgers[2], "0"),
    ]
    eventually(lambda: all(_noted(one) > 20 for one in ledgers), "all vote")
    time.sleep(CALM_S)
    before, began = [_noted(one) for one in ledgers], time.monotonic()
    found.net.pull(1)
    eventually(lambda: found.leads(2, 0), "the other store leads")
    led_s = time.monotonic() - began
    time.sleep(max(0.0, began + PARTED_S - time.monotonic()))
    found.net.plug(1)
    eventually(lambda: found.leads(2), "the old one follows it")
    after = [_noted(one) for one in ledgers]
    eventually(lambda: all(_noted(one) > n + 20 for one, n in zip(ledgers, after, strict=True)), "")
    for one in voting:
        one.kill()
        one.wait()
    near, far = [found.says(3, "lost", found.url, where, one) for one in ledgers[:2]]
    lost = found.says(3, "lost", found.url, careless, ledgers[2])
    assert near[1] == far[1] == "0"
    assert int(lost[1]) > 0, "the control lost nothing: the network was never parted"
    tell(
        f"parted for {PARTED_S:.0f} s, another store led after {led_s:.1f} s: {near[0]} and {far[0]}"
        f" acknowledged on the two sides ({after[0] - before[0]} and {after[1] - before[1]} while"
        f" parted), 0 lost; the control without WAIT lost {lost[1]} of {lost[0]}"
    )


def _noted(ledger: str) -> int:
    path = Path(ledger)
    return path.read_bytes().count(b"\n") if path.exists() else 0
