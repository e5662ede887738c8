"""Servers of others that only push, started on loopback with a configuration of their own, if there."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.bench import machine
from tools.bench.plain import free_port, wait_listening

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
MISSING = {
    "nchan": "apt-get install -y --no-install-recommends nginx-light libnginx-mod-nchan",
    "nats-server": "apt-get install -y --no-install-recommends nats-server",
}
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
load_module {module};
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  nchan_max_reserved_memory 64m;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /sub {{ nchan_subscriber websocket; nchan_channel_id board;
      nchan_subscriber_first_message newest; }}
    location = /pub {{ nchan_publisher http; nchan_channel_id board;
      nchan_message_buffer_length 1; }}
  }}
}}
"""
NATS = 'port: {tcp}\nhost: "127.0.0.1"\nwebsocket {{ port: {port}, host: "127.0.0.1", no_tls: true }}\n'


@dataclass(frozen=True, slots=True)
class Pusher:
    """A server that pushes what is published to whoever listens at `path`."""

    name: str
    port: int
    pid: int
    path: str
    hello: str
    publish: Callable[[bytes], None]


def missing(name: str) -> str | None:
    """What to type to have this yardstick, or None when it is there."""
    if name == "nchan":
        there = shutil.which("nginx") is not None and NCHAN_MODULE.exists()
    else:
        there = shutil.which("nats-server") is not None
    return None if there else MISSING[name]


@contextmanager
def _started(arguments: list[str], port: int, name: str, core: int) -> Iterator[int]:
    process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_listening(process, port, name)
        machine.pin(process.pid, core)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def nchan(cores: machine.Cores, sockets: int) -> Iterator[Pusher]:
    """nginx with the nchan module: one process, as it is one core that we compare."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="openfloor-nchan-") as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(
            NGINX.format(
                folder=folder,
                module=NCHAN_MODULE,
                port=port,
                files=sockets + 500,
                connections=sockets + 500,
            )
        )
        command = ["nginx", "-p", folder, "-c", str(config)]
        with _started(command, port, "nginx with nchan", cores.server) as pid:

            def publish(message: bytes) -> None:
                where = f"http://127.0.0.1:{port}/pub"
                with urllib.request.urlopen(urllib.request.Request(where, data=message)):
                    pass

            yield Pusher("nchan", port, pid, "/sub", "-", publish)


@contextmanager
def nats(cores: machine.Cores, sockets: int) -> Iterator[Pusher]:
    """nats-server over WebSockets, on one core."""
    port, tcp = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="openfloor-nats-") as folder:
        config = Path(folder) / "nats.conf"
        config.write_text(NATS.format(tcp=tcp, port=port))
        with _started(["nats-server", "-c", str(config)], port, "nats-server", cores.server) as pid:
            with socket.create_connection(("127.0.0.1", tcp)) as publisher:
                publisher.sendall(b'CONNECT {"verbose":false}\r\n')

                def publish(message: bytes) -> None:
                    publisher.sendall(b"PUB board %d\r\n%b\r\n" % (len(message), message))

                hello = 'CONNECT {"verbose":false}\x01SUB board 1\x01'
                yield Pusher("nats-server", port, pid, "/", hello, publish)
