"""`./openfloor restart`: every process is a new one, nobody finds the door shut, no vote is lost."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults.crowd import PEOPLE, gathered
from tests.launch.running import (
    ROLES,
    ROOT,
    SOON_S,
    Run,
    clean_environ,
    command,
    eventually,
    get,
    refused,
)
from tools.replay.attendee import Attendee
from tools.replay.door import Door
from tools.replay.http import JsonClient
from tools.replay.stage import sign_in

Prepare = Callable[..., Run]
BACK_S = 60.0  # the announced spread and a tick, on a busy machine


def restarted(data: Path) -> str:
    """Restart, and what was printed where it did not come to its end."""
    done = subprocess.run(
        command("restart", "--data", str(data)),
        cwd=ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=400,  # it gives up by itself before
        check=False,
    )
    return done.stderr


async def greeted(attendee: Attendee) -> ClientConnection:
    """A socket of this person that was let in."""
    await attendee.close()
    return await attendee._hello()


async def ended_and_back(attendee: Attendee, socket: ClientConnection) -> tuple[list[str], int]:
    """What a socket is told at the end, with which code, once the person is back on a new one."""
    said = []
    try:
        while True:
            said.append(json.loads(await socket.recv())["t"])
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
    async with asyncio.timeout(BACK_S):
        await attendee.open()
    await attendee.close()
    return said, code


async def test_all_processes_are_new_and_people_only_hear_that_they_shall_come_back(
    run: Prepare, tmp_path: Path
) -> None:
    started = run("--servers", "2").start()
    before = {role: set(started.children(role)) for role in ROLES}
    door = Door(JsonClient(started.url))
    crowd = await gathered(started.url, await sign_in(door, started.link.rpartition("#")[2]))
    people = [crowd.stage.attendees[f"person {n}"] for n in range(PEOPLE)]  # the first six ask
    fates = await asyncio.gather(*(one.vote(crowd.numbers[0], True) for one in people[6:]))
    assert {fate.code for fate in fates} == {""}
    open_now = await asyncio.gather(*map(greeted, people))  # nobody comes in while it restarts
    sockets = [
        asyncio.create_task(ended_and_back(*one)) for one in zip(people, open_now, strict=True)
    ]
    restarting = asyncio.create_task(asyncio.to_thread(restarted, tmp_path / "data"))
    answers = []
    while not restarting.done():
        answers.append((await asyncio.to_thread(get, started.url, "/healthz"))[0])
    assert await restarting == ""
    told = await asyncio.gather(*sockets)
    assert {code for _, code in told} == {1012}
    assert all(said[-1] == "bye" for said, _ in told)
    assert set(answers) == {200}
    after = {role: set(started.children(role)) for role in ROLES}
    assert after["store"] == before["store"]
    assert all(after[role].isdisjoint(before[role]) for role in ROLES if role != "store")
    assert len(after["server"]) == 2
    await crowd.judge_board({n: 18 if n == crowd.numbers[0] else 0 for n in crowd.numbers})
    await crowd.leave()
    door.http.close()


def asked_of_a_frozen(url: str) -> list[socket.socket]:
    """Requests that lie in a server's queue: nobody takes them out of it."""
    where = urlsplit(url)
    asks = f"GET /healthz HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode()
    asked = []
    for _ in range(10):
        asked.append(socket.create_connection((where.hostname, where.port), timeout=SOON_S))
        asked[-1].sendall(asks)
    return asked


def test_whoever_waits_in_a_server_s_queue_is_answered_by_its_successor(
    run: Prepare, tmp_path: Path
) -> None:
    started = run().start()
    (frozen,) = started.children("server")
    os.kill(frozen, signal.SIGSTOP)
    asked = asked_of_a_frozen(started.url)
    restarting = threading.Thread(target=restarted, args=(tmp_path / "data",))
    restarting.start()
    try:
        assert {one.recv(12) for one in asked} == {b"HTTP/1.1 200"}
    finally:
        os.kill(frozen, signal.SIGCONT)
        restarting.join()
    assert frozen not in started.children("server")


def test_a_server_that_is_killed_before_and_after_it_listens_comes_back_on_its_port(
    run: Prepare,
) -> None:
    started = run().start()
    killed: set[int] = set()
    for _ in range(2):  # the second has not come so far as to listen
        server = eventually(lambda: set(started.children("server")) - killed, "a server").pop()
        os.kill(server, signal.SIGKILL)
        killed.add(server)
    eventually(lambda: started.status("/healthz") == 200, "it answers")


def test_who_asks_before_all_is_up_ends_nothing_and_gets_what_was_asked_for(
    run: Prepare, tmp_path: Path
) -> None:
    started = run().start(until="Made the root key")  # the sequencer's first word
    servers = eventually(lambda: started.children("server"), "a server")
    assert restarted(tmp_path / "data") == ""
    started.wait_for("Openfloor is at")
    assert started.status("/healthz") == 200
    assert not set(servers) & set(started.children("server"))


def test_the_number_that_a_killed_run_left_behind_is_signalled_by_nobody(
    run: Prepare, tmp_path: Path
) -> None:
    data, heard = tmp_path / "data", list[int]()
    data.mkdir()
    left = data / "run.json"
    left.write_text(json.dumps({"pid": os.getpid(), "turn": 3, "done": True}))
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with (data / "server.lock").open("w") as lock:  # as a store that has not ended yet
            fcntl.flock(lock, fcntl.LOCK_EX)
            started = run().start(until="")
            eventually(lambda: "pid" not in json.loads(left.read_text()), "it is forgotten")
            assert refused("restart", "--data", str(data)) == f"Nothing runs on {data}.\n"
            assert started.stop() == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == []


@pytest.mark.faults
def test_a_restart_that_cannot_be_noted_ends_nothing(run: Prepare, tmp_path: Path) -> None:
    started = run().start()
    (tmp_path / "data" / "run.json.new").mkdir()  # as where no file can be made any more
    assert started.process is not None
    started.process.send_signal(signal.SIGUSR1)
    started.wait_for("run.json cannot be written")
    assert started.status("/healthz") == 200
    (tmp_path / "data" / "run.json.new").rmdir()
    assert restarted(tmp_path / "data") == ""


@pytest.mark.faults
def test_a_successor_that_does_not_start_changes_nothing(run: Prepare, tmp_path: Path) -> None:
    started = run().start()
    before = started.children("server")
    (tmp_path / "data" / "secret").write_bytes(b"short")
    said = restarted(tmp_path / "data")
    assert said.startswith("Not everything was replaced.")
    assert started.children("server") == before
    assert started.status("/healthz") == 200
    assert "did not start; it goes on as it is" in started.text


def test_where_nothing_runs_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for data in (tmp_path / "data", tmp_path / "none"):
        assert refused("restart", "--data", str(data)) == f"Nothing runs on {data}.\n"
