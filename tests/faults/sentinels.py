"""A store with a replica and three Sentinels that watch it, of the binary that the tests use."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import redis

from server.launch import embedded
from tests.launch.running import eventually, free_port

SERVICE = "floor"
DOWN_MS = 700
NEVER_MS = 600_000  # where no failover is asked for: a busy machine stands still for seconds
WATCH = """port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {service} 127.0.0.1 {store} 2
sentinel down-after-milliseconds {service} {down_ms}
sentinel failover-timeout {service} 3000
"""


@dataclass(slots=True)
class Guarded:
    """Two stores and who watches them."""

    folder: Path
    stores: list[int]
    down_ms: int
    watchers: list[int] = field(default_factory=list)
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """REDIS_URL."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.watchers)
        return f"redis+sentinel://{hosts}/{SERVICE}"

    def start(self, port: int, leader: int | None = None) -> None:
        """Start a store, as the replica of another where one is named."""
        folder = self.folder / str(port)
        folder.mkdir(exist_ok=True)
        told = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        told += [
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--repl-diskless-sync-delay",
            "0",
        ]
        if leader is not None:
            told += ["--replicaof", "127.0.0.1", str(leader)]
        self._spawn(port, told)

    def _spawn(self, port: int, told: list[str]) -> None:
        binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
        self.processes[port] = subprocess.Popen([binary, *told], stdout=subprocess.DEVNULL)
        eventually(lambda: self.says(port, "PING") is not None, f"{port} answers")

    def watch(self) -> None:
        """Start three Sentinels; return when each knows the others and the replica."""
        for _ in range(3):
            port = free_port()
            config = self.folder / f"sentinel-{port}.conf"
            folder = self.folder / f"sentinel-{port}"
            folder.mkdir()
            words = {"folder": folder, "service": SERVICE, "down_ms": self.down_ms}
            config.write_text(WATCH.format(port=port, store=self.stores[0], **words))
            self._spawn(port, [str(config), "--sentinel"])
            self.watchers.append(port)
        for port in self.watchers:
            eventually(partial(self._knows, port), "the Sentinels know each other")

    def _knows(self, port: int) -> bool:
        told = self.says(port, "SENTINEL", "MASTER", SERVICE)
        known = (told["num-slaves"], told["num-other-sentinels"]) if isinstance(told, dict) else ()
        return [int(count) for count in known] == [1, 2]

    def says(self, port: int, *command: str) -> object:
        """What a store or Sentinel answers, None where it does not."""
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis(port=port, socket_timeout=1, decode_responses=True) as client,
        ):
            return client.execute_command(*command)
        return None

    def does(self, port: int, *command: str) -> None:
        """Return once a store or Sentinel has done this, however slow it is."""
        eventually(lambda: self.says(port, *command) is not None, f"{port} does {command}")

    def leader(self) -> int:
        """The port of the store that leads, as a Sentinel says."""
        told = self.says(self.watchers[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return int(told[1]) if isinstance(told, list) else 0

    def end(self, port: int) -> None:
        """kill -9."""
        self.processes[port].kill()
        self.processes.pop(port).wait()


@contextlib.contextmanager
def guarded(folder: Path, down_ms: int = DOWN_MS) -> Iterator[Guarded]:
    """A leading store, its replica, three Sentinels, who take for dead what is silent for so long; all
    ended on leaving."""
    found = Guarded(folder, [free_port(), free_port()], down_ms)
    try:
        found.start(found.stores[0])
        found.start(found.stores[1], leader=found.stores[0])
        found.watch()
        yield found
    finally:
        for port in list(found.processes):
            found.end(port)
