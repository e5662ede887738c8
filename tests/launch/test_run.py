"""`run` starts everything, says where it is, keeps it running, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from server.launch import embedded
from server.launch.certificate import self_signed
from tests.launch.running import (
    ROLES,
    ROOT,
    SOON_S,
    Run,
    clean_environ,
    command,
    eventually,
    free_port,
    get,
    refused,
)

Prepare = Callable[..., Run]


def gone(pid: int) -> bool:
    """True when there is no such process, or only its zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def code_when_ending(run: Run, number: int) -> int:
    """The close code that an open socket sees when the run gets this signal."""
    host = urlsplit(run.url).netloc
    where, own = f"ws://{host}/live/any", Origin(run.url)
    async with connect(where, origin=own, proxy=None, open_timeout=SOON_S) as client:
        assert run.process is not None
        run.process.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(client.recv(), SOON_S)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.faults), signal.SIGTERM]
)
async def test_it_answers_and_stops_cleanly(run: Prepare, tmp_path: Path, number: int) -> None:
    started = run("--servers", "2").start()
    assert started.status("/") == 200
    started.ready()
    assert started.link.startswith(started.url)
    pids = started.children()
    assert len(started.children("server")) == 2
    assert len(pids) == len(ROLES) + 1

    assert await code_when_ending(started, number) == 1012
    assert started.stop(number) == 0
    assert all(map(gone, pids))
    assert "Traceback" not in started.text
    assert not (tmp_path / "data" / "run.json").exists()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run for the tests that leave it standing; its data folder is given relative to where it
    was started."""
    one = Run(("--port", "0", "--data", "here/data"), cwd=tmp_path_factory.mktemp("standing"))
    yield one.start()
    assert one.stop() == 0


def test_a_second_run_on_the_same_data_says_so(standing: Run) -> None:
    data = str(standing.cwd / "here" / "data")
    said = refused("run", "--port", "0", "--data", data)
    assert said == f"Openfloor is already running on {data}.\n"


def test_a_relative_data_folder_stands_where_it_was_started(standing: Run) -> None:
    data = standing.cwd / "here" / "data"
    standing.ready()
    assert (data / "secret").stat().st_mode & 0o777 == 0o600
    assert (data / "appendonlydir").is_dir()


def test_a_fresh_organiser_link_is_printed_on_demand(standing: Run) -> None:
    arguments = command("organiser-link", "--data", str(standing.cwd / "here" / "data"))
    done = subprocess.run(
        arguments, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, timeout=SOON_S
    )
    assert done.stdout.startswith(f"{standing.url}/organise/link#")
    assert done.stdout.strip() != standing.link


def test_every_killed_child_is_back_by_itself(standing: Run) -> None:
    for role in ROLES:
        before = standing.kill(role)

        def another(role: str = role, before: int = before) -> bool:
            return standing.children(role) not in ([], [before])

        eventually(another, f"another {role}")
        standing.ready()


def test_without_a_run_there_is_no_link(tmp_path: Path) -> None:
    said = refused("organiser-link", "--data", str(tmp_path))
    assert said == f"Nothing runs on {tmp_path}. Start it with ./openfloor run --data {tmp_path}\n"


def test_a_killed_parent_leaves_nothing_that_stops_the_next(run: Prepare, tmp_path: Path) -> None:
    port = str(free_port())
    started = run("--port", port).start()
    assert started.process is not None
    told = json.loads((tmp_path / "data" / "run.json").read_text())
    sockets = Path(told["store_url"].removeprefix("unix://")).parent
    assert sockets.is_dir()
    started.process.kill()
    started.process.wait()
    again = run("--port", port).start()
    again.ready()
    assert not sockets.exists()


@pytest.mark.faults
def test_an_orphaned_store_is_ended_and_its_data_kept(run: Prepare, tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = run().start()
    assert started.process is not None
    (store,) = started.children("store")
    # As where the kernel has no parent-death signal: the store outlives its parent.
    os.kill(store, signal.SIGSTOP)
    started.process.kill()
    started.process.wait()
    with pytest.raises(embedded.StoreUnavailable):
        short(data)
    os.kill(store, signal.SIGCONT)
    again = run().start()
    again.ready()
    assert gone(store)


def short(data: Path) -> None:
    """Take the store's lock with hardly any patience."""
    was, embedded.START_S = embedded.START_S, 0.2
    try:
        os.close(embedded.take_store_lock(data))
    finally:
        embedded.START_S = was


def test_https_with_a_certificate_of_its_own(run: Prepare, tmp_path: Path) -> None:
    started = run("--tls", "self").start()
    cert = tmp_path / "data" / "self.crt"
    assert started.url.startswith("https://127.0.0.1:")
    assert started.link.startswith("https://")
    assert get(started.url, "/", trust=cert)[0] == 200
    assert (tmp_path / "data" / "self.key").stat().st_mode & 0o777 == 0o600
    where = urlsplit(started.url)
    context = ssl.create_default_context(cafile=str(cert))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((where.hostname, where.port), SOON_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert secure.selected_alpn_protocol() == "http/1.1"


@pytest.mark.faults
def test_https_with_a_certificate_that_was_given(run: Prepare, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path, "127.0.0.1")
    started = run("--tls-cert", str(cert), "--tls-key", str(key)).start()
    assert get(started.url, "/", trust=cert)[0] == 200


def test_behind_a_proxy_the_public_address_is_the_only_host(run: Prepare) -> None:
    started = run("--host", "0.0.0.0", "--trust-proxy", PUBLIC_URL="https://floor.example/").start()
    assert started.url == "https://floor.example"
    assert started.link.startswith("https://floor.example/organise/link#")
    (server,) = started.children("server")
    port = dict(
        pair.split("=", 1)
        for pair in Path(f"/proc/{server}/environ").read_text().split("\0")
        if "=" in pair
    )["OPENFLOOR_PORT"]
    here = f"http://127.0.0.1:{port}"
    assert get(here, "/", host="floor.example")[0] == 200
    assert get(here, "/", host=f"127.0.0.1:{port}")[0] == 400


async def test_a_stop_while_it_starts_leaves_nothing(run: Prepare, tmp_path: Path) -> None:
    started = run()
    started.start(until="")
    eventually(lambda: started.children("store"), "the store has begun")
    pids = started.children()
    assert started.stop(signal.SIGINT) == 0
    assert "Traceback" not in started.text
    assert all(map(gone, pids))


TOLD_WHILE_IT_FORKS = """
import os, runpy, signal
os.register_at_fork(after_in_parent=lambda: signal.raise_signal(signal.SIGTERM))
runpy.run_module("server", run_name="__main__")
"""


def test_a_stop_in_the_instant_of_a_fork_is_heard(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-c", TOLD_WHILE_IT_FORKS, "run", "--port", "0", "--data", str(data)],
        cwd=ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (data / "run.json").exists()
