"""`./openfloor run`: one machine, one command. Store, servers, keeper, clock, worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis

from server.acts.staff import new_organiser_link
from server.launch import embedded
from server.launch.certificate import self_signed
from server.launch.embedded import StoreUnavailable
from server.launch.supervisor import Child, Supervisor, python
from server.store.client import connect
from server.store.loader import load

LOOPBACK = ("127.0.0.1", "::1", "localhost")
READY_S = 45.0


class CannotRun(Exception):
    """The sentence says why, and what to type instead."""


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, flush=True)


def run(options: Namespace, environ: Mapping[str, str]) -> None:
    """Start all, print the addresses, watch until told to end. CannotRun or StoreUnavailable in words."""
    data = Path(options.data).resolve()
    _refuse_open_http(options, environ)
    owner = embedded.own(data)
    supervisor = Supervisor(say)
    try:
        child_environ = _environ(options, environ, data)
        store_url = _start_store(supervisor, environ, data)
        child_environ["OPENFLOOR_STORE_URL"] = store_url
        child_environ["OPENFLOOR_JOBS_URL"] = environ.get("REDIS_JOBS_URL", store_url)
        _remember(data, child_environ)
        _start_children(supervisor, options, child_environ)
        link = asyncio.run(_organiser_token(store_url))
        _wait_ready(child_environ, options)
        public = child_environ["OPENFLOOR_PUBLIC_URL"]
        say(f"Openfloor is at {public}")
        say(f"Organiser link (once, within a day): {public}/organise/link#{link}")
        supervisor.watch()
    except BaseException:
        supervisor.stop()
        raise
    finally:
        os.close(owner)


def _refuse_open_http(options: Namespace, environ: Mapping[str, str]) -> None:
    if options.host in LOOPBACK or options.tls or options.tls_cert or options.trust_proxy:
        return
    raise CannotRun(
        f"Plain http is for this machine only. For {options.host} type one of:\n"
        f"  ./openfloor run --host {options.host} --tls self\n"
        f"  ./openfloor run --host {options.host} --tls-cert CERT.pem --tls-key KEY.pem\n"
        f"  PUBLIC_URL=https://NAME ./openfloor run --host {options.host} --trust-proxy"
    )


def _environ(options: Namespace, environ: Mapping[str, str], data: Path) -> dict[str, str]:
    cert, key = options.tls_cert, options.tls_key
    if options.tls == "self":
        cert, key = self_signed(data, options.host)
    if bool(cert) != bool(key):
        raise CannotRun("--tls-cert and --tls-key belong together.")
    port = options.port or _free_port(options.host)
    host = f"[{options.host}]" if ":" in options.host else options.host
    public = environ.get("PUBLIC_URL") or f"{'https' if cert else 'http'}://{host}:{port}"
    made = {name: value for name, value in environ.items() if name != "REDIS_URL"}
    made |= {
        "OPENFLOOR_DATA": str(data),
        "OPENFLOOR_HOST": options.host,
        "OPENFLOOR_PORT": str(port),
        "OPENFLOOR_PUBLIC_URL": public.rstrip("/"),
        "OPENFLOOR_SECRET_FILE": str(_secret(data)),
    }
    if options.trust_proxy:
        made.setdefault("OPENFLOOR_TRUSTED_PROXIES", options.trust_proxy)
    if cert and key:
        made |= {"OPENFLOOR_TLS_CERT": str(cert), "OPENFLOOR_TLS_KEY": str(key)}
    return made


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _secret(data: Path) -> Path:
    path = data / "secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path


def _start_store(supervisor: Supervisor, environ: Mapping[str, str], data: Path) -> str:
    given = environ.get("REDIS_URL")
    if given:
        embedded.wait_ready(given, lambda: True)
        return given
    lock = embedded.take_store_lock(data)
    binary = embedded.find_binary(environ.get("OPENFLOOR_REDIS_BIN"))
    # Not in the data folder: a socket's path has at most 107 bytes.
    path = Path(tempfile.mkdtemp(prefix="of-")) / "store"
    child = Child(
        "store",
        embedded.arguments(binary, data, path),
        {"PATH": environ.get("PATH", os.defpath)},
        (lock,),
        embedded.die_with_parent(),
    )
    alive = supervisor.start(child)
    os.close(lock)  # the store's own copy holds it from here on
    url = f"unix://{path}"
    embedded.wait_ready(url, alive)
    return url


def _remember(data: Path, environ: Mapping[str, str]) -> None:
    path = data / "run.json"
    told = {
        "store_url": environ["OPENFLOOR_STORE_URL"],
        "jobs_url": environ["OPENFLOOR_JOBS_URL"],
        "public_url": environ["OPENFLOOR_PUBLIC_URL"],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(told, file)


def _start_children(supervisor: Supervisor, options: Namespace, environ: Mapping[str, str]) -> None:
    ending = embedded.die_with_parent()
    commands = {
        "keeper": python("workers.keeper"),
        "clock": python("workers.clock"),
        "worker": python("workers.rq_worker"),
    }
    for number in range(1, options.servers + 1):
        commands[f"server {number}"] = python("server", "serve")
    for name, arguments in commands.items():
        supervisor.start(Child(name, arguments, environ, (), ending))


async def _organiser_token(store_url: str) -> str:
    store: Redis = connect(store_url)
    try:
        await load(store)
        return await new_organiser_link(store)
    finally:
        await store.aclose()


def _wait_ready(environ: Mapping[str, str], options: Namespace) -> None:
    if environ.get("OPENFLOOR_TLS_CERT"):
        _wait_listening(options.host, int(environ["OPENFLOOR_PORT"]))
        return
    host = f"[{options.host}]" if ":" in options.host else options.host
    request = urllib.request.Request(  # our own loopback address
        f"http://{host}:{environ['OPENFLOOR_PORT']}/healthz",
        headers={"Host": urlsplit(environ["OPENFLOOR_PUBLIC_URL"]).netloc},
    )
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(request, timeout=2):  # noqa: S310
                return
        time.sleep(0.05)
    raise CannotRun("The server did not answer in time; its messages are above.")


def _wait_listening(host: str, port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 2):
            return
        time.sleep(0.05)
    raise CannotRun("The server did not answer in time; its messages are above.")


def organiser_link(data: Path) -> str:
    """A fresh organiser link for the run on this data folder; CannotRun when there is none."""
    try:
        told = json.loads((data / "run.json").read_text())
    except (OSError, ValueError):
        raise CannotRun(f"Nothing runs on {data}. Start it with ./openfloor run.") from None
    return f"{told['public_url']}/organise/link#{asyncio.run(_organiser_token(told['store_url']))}"


def main(options: Namespace, environ: Mapping[str, str]) -> int:
    """Exit status of `run`; a reason not to run is one sentence on standard error."""
    try:
        run(options, environ)
    except (CannotRun, StoreUnavailable) as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0
