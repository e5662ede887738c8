"""The fan-out: one kilobyte to everybody four times a second, ours and each yardstick in turn."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

import redis

from server.store import keys
from tools.bench import generator, machine, plain, product, yardsticks
from tools.bench.generator import Plan
from tools.bench.meeting import OURS, PLAIN
from tools.bench.product import Product, Stage
from tools.bench.yardsticks import Pusher

PERIOD_S = 0.25
ROWS = 80  # so many totals make a delta of about a kilobyte
WARM_S = 2
MESSAGE = b"x" * 1024
JOINS_PER_S = 1500


@dataclass(frozen=True, slots=True)
class Point:
    """One run of one server."""

    who: str
    sockets: int
    joined: int
    frames: int
    expected: int
    frame_bytes: int
    us_per_frame: float
    kb_per_socket: float
    cores: float
    generator_cores: float
    bound: bool
    load_average: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where the clients go, who is measured, and how a change gets in."""

    who: str
    port: int
    pid: int
    path: str
    origin: str
    hellos: Callable[[], list[str]]
    raw: bool
    publish: Callable[[int], None]


@contextmanager
def _publishing(publish: Callable[[int], None]) -> Iterator[threading.Event]:
    """Publish once a period, from the moment that the event is set until leaving."""
    begin, end = threading.Event(), threading.Event()

    def feed() -> None:
        begin.wait()
        count = 0
        while not end.wait(PERIOD_S):
            count += 1
            publish(count)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield begin
    finally:
        end.set()
        begin.set()
        thread.join()


def _play(command: list[str], target: Target, sockets: int, seconds: int) -> Point:
    cores = machine.cores()
    plan = Plan(
        port=target.port,
        path=target.path,
        origin=target.origin,
        hellos=target.hellos(),
        warm=WARM_S,
        seconds=seconds,
        joins=JOINS_PER_S * 4 // 5,
        questions=ROWS,
        raw=target.raw,
        grace=1,
    )
    before = machine.resident_kb(target.pid)
    after = [before]
    with _publishing(target.publish) as begin:

        def ready() -> None:
            after[0] = machine.resident_kb(target.pid)
            begin.set()

        load = generator.run(
            command, plan, cores, lambda: {"server": machine.cpu_s(target.pid)}, ready
        )
    frames = int(load.told["frames"])
    return Point(
        who=target.who,
        sockets=sockets,
        joined=int(load.told["joined"]),
        frames=frames,
        expected=int(sockets * seconds / PERIOD_S),
        frame_bytes=round(load.told["frame_bytes"] / max(1, frames)),
        us_per_frame=round(load.used["server"] / max(1, frames) * 1e6, 2),
        kb_per_socket=round((after[0] - before) / sockets, 2),
        cores=round(load.cores("server"), 3),
        generator_cores=round(load.told["cpu"] / seconds, 3),
        bound=load.bound(),
        load_average=machine.busy(),
    )


def _totals(count: int) -> list[list[int]]:
    return [[n, 10_000 + count] for n in range(1, ROWS + 1)]


def _ours(up: Product, stage: Stage, store: redis.Redis) -> Target:
    stream = keys.events(stage.meeting.id)

    def publish(count: int) -> None:
        # The entry that a batch of votes leaves behind (functions/votes.lua).
        run = " ".join(f"{n} {votes}" for n, votes in _totals(count))
        store.xadd(stream, {"t": "votes", "run": run})

    path = f"/live/{stage.meeting.slug}"
    return Target(
        OURS, up.port, up.server, path, up.origin, lambda: stage.hellos(up.secret), False, publish
    )


def _plain(up: Product, stage: Stage, port: int, pid: int) -> Target:
    def publish(count: int) -> None:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/feed",
            data=json.dumps(_totals(count)).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked):
            pass

    path, origin = f"/live/{stage.meeting.slug}", f"http://127.0.0.1:{port}"
    return Target(PLAIN, port, pid, path, origin, lambda: stage.hellos(up.secret), False, publish)


def _pusher(pusher: Pusher, sockets: int) -> Target:
    def publish(count: int) -> None:
        pusher.publish(MESSAGE)

    origin = f"http://127.0.0.1:{pusher.port}"
    hellos = [pusher.hello] * sockets
    return Target(
        pusher.name, pusher.port, pusher.pid, pusher.path, origin, lambda: hellos, True, publish
    )


def run(
    sockets: int, seconds: int, runs: int, limits: dict[str, int], names: tuple[str, ...]
) -> list[Point]:
    """Each of `names` `runs` times, in turn. A yardstick's process is fresh for each run."""
    cores, points = machine.cores(), []
    with (
        product.running(limits, cores) as up,
        generator.compiled() as command,
        redis.Redis.from_url(up.store_url) as store,
    ):
        for _ in range(runs):
            for name in names:
                with ExitStack() as stack:
                    if name == "nchan":
                        target = _pusher(
                            stack.enter_context(yardsticks.nchan(cores, sockets)), sockets
                        )
                    elif name == "nats-server":
                        target = _pusher(
                            stack.enter_context(yardsticks.nats(cores, sockets)), sockets
                        )
                    else:
                        stage = asyncio.run(product.set_up(up, sockets, ROWS))
                        target = _ours(up, stage, store)
                        if name == PLAIN:
                            port, pid = stack.enter_context(plain.running(up, stage, cores))
                            target = _plain(up, stage, port, pid)
                    points.append(_play(command, target, sockets, seconds))
    return points


def as_json(points: list[Point]) -> list[dict[str, object]]:
    """For --json."""
    return [asdict(point) for point in points]
