"""`./openfloor run`: one machine, one command. Store, servers, sequencer, clock, worker."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from server.ending import patience_s
from server.hypercorn_config import FILE, ConfigError, read_config
from server.launch import embedded, ports
from server.launch.address import Address, CannotRun, address, refuse_open_http
from server.launch.embedded import StoreUnavailable
from server.launch.links import Link
from server.launch.ready import wait_ready
from server.launch.supervisor import ENDING, Child, Ended, Supervisor, python
from server.orphans import die_with_parent
from server.settings import Settings, SettingsError

REASONS = (CannotRun, StoreUnavailable, SettingsError, ConfigError)
TYPED = {  # what a person types to `run`, by what its processes are told
    "OPENFLOOR_STORE_URL": "REDIS_URL",
    "OPENFLOOR_JOBS_URL": "REDIS_JOBS_URL",
    "OPENFLOOR_PUBLIC_URL": "PUBLIC_URL",
    "OPENFLOOR_TLS_CERT=": "--tls-cert ",
    "OPENFLOOR_TLS_KEY=": "--tls-key ",
    "OPENFLOOR_TRUSTED_PROXIES": "--trust-proxy",
}
# These, too, name stores; the processes of a run take its own.
STORES = ("REDIS_", "OPENFLOOR_STORE_URL", "OPENFLOOR_JOBS_URL")
SOCKETS = "of-"  # the folder of the store's socket, in the system's folder for such things


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, flush=True)


def run(options: Namespace, environ: Mapping[str, str]) -> None:
    """Start all, print the addresses, watch until told to end: by SIGTERM, Ctrl-C or a terminal that
    closes. One of REASONS when it cannot."""
    config = read_config(FILE)  # what a server would refuse is refused before anything starts
    supervisor = Supervisor(say, patience_s(config.graceful_timeout))
    for number in ENDING:
        signal.signal(number, lambda *_: supervisor.end())
    signal.signal(signal.SIGUSR1, lambda *_: supervisor.replace())
    refuse_open_http(options, environ)
    data = Path(options.data).resolve()
    owner = embedded.own(data)
    _disown(data)
    # Not in the data folder: a socket's path has at most 107 bytes.
    sockets = tempfile.TemporaryDirectory(prefix=SOCKETS)
    try:
        _start(supervisor, options, environ, data, Path(sockets.name) / "store")
        supervisor.watch()
    except Ended:
        supervisor.stop()
    except BaseException:
        supervisor.stop()
        raise
    finally:
        sockets.cleanup()
        (data / "run.json").unlink(missing_ok=True)
        os.close(owner)


def _start(
    supervisor: Supervisor,
    options: Namespace,
    environ: Mapping[str, str],
    data: Path,
    store_socket: Path,
) -> None:
    found = address(options, environ, data, supervisor.check)
    told = _environ(options, environ, data, found)
    store_url = environ.get("REDIS_URL") or _start_store(supervisor, environ, data, store_socket)
    told["OPENFLOOR_STORE_URL"] = store_url
    told["OPENFLOOR_JOBS_URL"] = environ.get("REDIS_JOBS_URL") or store_url
    settings = Settings.from_environ(told)
    away = [
        name
        for name, url in (("REDIS_URL", store_url), ("REDIS_JOBS_URL", settings.jobs_url))
        if not embedded.answers(url)
    ]
    told["OPENFLOOR_PUBLIC_URL"] = settings.public_url
    remember = partial(_remember, data, told, not environ.get("REDIS_URL"))
    remember(0, True)
    supervisor.replaced = _counted(data, remember)
    _start_children(supervisor, options.servers, told)
    found.held.close()
    wait_ready(settings, supervisor.check)
    say(f"Openfloor is at {settings.public_url}")
    for name in away:
        say(f"The store of {name} does not answer. The pages say so; it is tried until it does.")
    Link(store_url, settings.public_url, say, supervisor.end).give()


def _environ(
    options: Namespace, environ: Mapping[str, str], data: Path, found: Address
) -> dict[str, str]:
    made = {name: value for name, value in environ.items() if not name.startswith(STORES)}
    made |= {
        "OPENFLOOR_DATA": str(data),
        "OPENFLOOR_HOST": found.host,
        "OPENFLOOR_PORT": str(found.port),
        "OPENFLOOR_PUBLIC_URL": found.public_url,
        "OPENFLOOR_SECRET_FILE": str(_secret(data)),
    }
    if options.trust_proxy:
        made.setdefault("OPENFLOOR_TRUSTED_PROXIES", options.trust_proxy)
    if found.tls is not None:
        made["OPENFLOOR_TLS_CERT"], made["OPENFLOOR_TLS_KEY"] = map(str, found.tls)
    return made


def _secret(data: Path) -> Path:
    path = data / "secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path


def _start_store(supervisor: Supervisor, environ: Mapping[str, str], data: Path, path: Path) -> str:
    lock = embedded.take_store_lock(data, supervisor.check)
    embedded.forget_socket(data, SOCKETS)
    binary = embedded.find_binary(environ.get("OPENFLOOR_REDIS_BIN"))
    child = Child(
        "store",
        embedded.arguments(binary, data, path),
        {"PATH": environ.get("PATH", os.defpath)},
        (lock,),
        die_with_parent(),
        ends_last=True,
    )
    alive = supervisor.start(child)
    url = f"unix://{path}"
    embedded.wait_ready(url, alive, supervisor.check)
    return url


def _disown(data: Path) -> None:
    """What a killed run left tells which store to end. Its number may be somebody else's by now."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        told = json.loads((data / "run.json").read_text())
        _write(data, {name: value for name, value in told.items() if name != "pid"})


def _counted(data: Path, remember: Callable[[int, bool], None]) -> Callable[[bool], None]:
    turns = itertools.count(1)

    def count(done: bool) -> None:
        try:
            remember(next(turns), done)
        except OSError as error:  # a full disk is no reason to end
            say(f"{data / 'run.json'} cannot be written: {error.strerror}")

    return count


def _remember(
    data: Path, environ: Mapping[str, str], own_store: bool, turn: int, done: bool
) -> None:
    told = {
        "pid": os.getpid(),
        "turn": turn,  # how often a restart was asked for, and whether the last one came to its end
        "done": done,
        "store_url": environ["OPENFLOOR_STORE_URL"],
        "public_url": environ["OPENFLOOR_PUBLIC_URL"],
        "embedded": own_store,  # the next run may end it, and remove its socket's folder
    }
    _write(data, told)


def _write(data: Path, told: Mapping[str, object]) -> None:
    fresh = data / "run.json.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(told, file)
    fresh.replace(data / "run.json")


def _start_children(supervisor: Supervisor, servers: int, environ: Mapping[str, str]) -> None:
    ending = die_with_parent()
    commands = {
        "sequencer": python("workers.sequencer"),
        "clock": python("workers.clock"),
        "worker": python("workers.rq_worker"),
    }
    if environ.get("OPENFLOOR_WITNESSES") or environ.get("OPENFLOOR_ANCHOR_WITNESSES"):
        commands["feeder"] = python("workers.feeder")
    for number in range(1, servers + 1):
        commands[f"server {number}"] = python("server", "serve")
    for name, arguments in commands.items():
        listens = _ports(environ) if name.startswith("server") else ()
        supervisor.start(Child(name, arguments, environ, (), ending, ports=listens))


def _ports(environ: Mapping[str, str]) -> Sequence[socket.socket]:
    host = environ["OPENFLOOR_HOST"]
    try:
        return ports.bind(host, int(environ["OPENFLOOR_PORT"]))
    except OSError as error:
        raise CannotRun(f"--host {host}: {error.strerror}.") from None


def main(options: Namespace, environ: Mapping[str, str]) -> int:
    """Exit status of `run`; a reason not to run is one sentence on standard error."""
    try:
        run(options, environ)
    except REASONS as reason:
        print(_as_typed(str(reason)), file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder of another user
        print(f"{error.filename or options.data}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def _as_typed(words: str) -> str:
    for told, typed in TYPED.items():
        words = words.replace(told, typed)
    return words
