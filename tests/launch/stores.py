"""Stores that are not the run's own: a real one on a TCP port, and one that is too old."""

from __future__ import annotations

import contextlib
import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import redis

from server.launch import embedded
from tests.launch.running import eventually, free_port

PASSWORD = "correct-horse"


def answers(url: str) -> bool:
    """True when the store at `url` says PONG."""
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis.from_url(url, socket_timeout=2) as client,
    ):
        return bool(client.ping())
    return False


@contextlib.contextmanager
def store_on(port: int, folder: Path, *more: str) -> Iterator[str]:
    """A store with a password on this TCP port, with more settings; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
    settings += ["--dir", str(folder), "--appendonly", "yes", "--save", "", *more]
    binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
    process = subprocess.Popen([binary, *settings], stdout=subprocess.DEVNULL)
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    try:
        eventually(lambda: answers(url), "the store answers")
        yield url
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def other_store(folder: Path) -> Iterator[str]:
    """The same on a free port."""
    with store_on(free_port(), folder) as url:
        yield url


@contextlib.contextmanager
def cluster_of_two(folder: Path) -> Iterator[str]:
    """The address of one of two stores that share the slots of a Cluster."""
    sharing, bus = ("--cluster-enabled", "yes", "--cluster-port"), str(free_port())
    with (
        store_on(free_port(), folder / "one", *sharing, str(free_port())) as one,
        store_on(free_port(), folder / "two", *sharing, bus) as two,
        redis.Redis.from_url(one, decode_responses=True) as first,
        redis.Redis.from_url(two, decode_responses=True) as second,
    ):
        first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        second.execute_command("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        port = second.connection_pool.connection_kwargs["port"]
        first.execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)
        info = "CLUSTER INFO"
        eventually(lambda: first.execute_command(info)["cluster_size"] == "2", "they met")
        yield one


class _Old(socketserver.StreamRequestHandler):
    """Answers as Redis 6.2 does to what is asked before anything is used: no such binary is at hand."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [line]
            for _ in range(int(line[1:])):
                self.rfile.readline()
                words.append(self.rfile.readline().strip().upper())
            if words[1] == b"INFO":
                told = b"redis_version:6.2.14\r\n"
                self.wfile.write(b"$%d\r\n%s\r\n" % (len(told), told))
            elif words[1] == b"PING":
                self.wfile.write(b"+PONG\r\n")
            elif words[1] == b"HELLO":
                self.wfile.write(b"%1\r\n+proto\r\n:3\r\n")
            else:
                self.wfile.write(b"+OK\r\n")


@contextlib.contextmanager
def old_store() -> Iterator[str]:
    """The address of a store that says it is version 6.2.14."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Old) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
