"""One server process: composes store, boards, live sockets and pages on one port, and ends in order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import ssl
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
import uvloop
from redis.asyncio import Redis

from server import journal
from server.acts.limits import Rate
from server.ending import SPREAD_S, VOTES_S, slowest_s
from server.hypercorn_config import FILE, read_config
from server.launch.ports import bind, inherited
from server.launch.supervisor import READY
from server.live import measures
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.conversation import Conversation
from server.live.door import Door
from server.live.elsewhere import tell_elsewhere
from server.live.gate import Gate
from server.live.hub import Hub
from server.live.networks import Networks, client_address, read_proxies
from server.live.node import Node, Pace
from server.live.port import listen
from server.live.streams import Streams
from server.live.tail import Tail
from server.live.turnstile import Turnstile
from server.settings import Limits, Settings
from server.store.circuit import PROBE_TIMEOUT_S, Circuit
from server.store.client import connect
from server.store.loader import load
from server.web.app import create_app
from server.web.parts import WebParts

GC_EVERY = 50_000
TASKS_S = 2.0
log = structlog.get_logger()


def clock() -> int:
    """Epoch milliseconds: the one place where the server process reads the wall clock."""
    return time.time_ns() // 1_000_000


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain: no vote in a batch is lost, sockets see 1012."""
    journal.set_up()
    # Tens of thousands of short-lived objects a second, hardly any in a circle: looking for circles
    # each 700 of them took a seventh of the core (decision 12).
    gc.set_threshold(GC_EVERY, 20, 100)
    uvloop.run(_serve(settings))


@dataclass(frozen=True, slots=True)
class LiveSide:
    """Boards and whoever listens to them, put together; `work` is what must run all the time."""

    boards: Boards
    batcher: Batcher
    tail: Tail
    streams: Streams
    networks: Networks

    def work(self) -> Sequence[Coroutine[object, object, None]]:
        """Each to be run until the process ends."""
        node, tail = self.streams.node, self.tail
        told = node.tell_exposure(), tell_elsewhere(node)
        return self.batcher.run(), tail.run(), tail.listen(), *told


def live_side(settings: Settings, store: Redis) -> LiveSide:
    """The live half of a process with these settings."""
    limits = settings.limits
    boards, gate = Boards(store), Gate()
    batcher = Batcher(store, limits.batch_ms, limits.batch_votes, limits.batch_waiting, gate)
    networks, proxies = Networks(), read_proxies(settings.trusted_proxies)
    node = Node(store, boards, batcher, settings.secret, pace_of(limits), clock, networks)
    hub = Hub(boards, limits.tick_ms)
    door = Door(
        hosts=frozenset({urlsplit(settings.public_url).netloc}),
        origins=frozenset({settings.public_url}),
        frame_bytes=limits.frame_bytes,
        handshake_s=float(limits.handshake_s),
        most=limits.sockets_per_process,
        joins_per_s=limits.joins_per_s,
        gate=gate,
        network_name=lambda peer, told: networks.name(client_address(peer, told, proxies), clock()),
    )
    tail = Tail(store, boards, hub, limits.tick_ms, batcher.waited_s)
    streams = Streams(node, hub, door, Turnstile(limits.joins_per_s, settings.secret))
    return LiveSide(boards, batcher, tail, streams, networks)


def web_parts(settings: Settings, store: Redis, live: LiveSide) -> WebParts:
    """What the pages and the API of a process with these settings are given."""
    limits = settings.limits
    return WebParts(
        store=store,
        boards=live.boards,
        streams=live.streams,
        secret=settings.secret,
        public_url=settings.public_url,
        clock=clock,
        network_per_min=limits.network_per_min,
        tick_ms=limits.tick_ms,
        vote_pace=Rate(limits.votes_per_s, limits.vote_burst),
        logs=settings.data / "log",
        jobs_url=settings.jobs_url,
        trusted_proxies=read_proxies(settings.trusted_proxies),
        networks=live.networks,
    )


def pace_of(limits: Limits) -> Pace:
    """What each person and network may do over sockets."""
    return Pace(
        limits.votes_per_s,
        limits.vote_burst,
        limits.sockets_per_voter,
        limits.tick_ms,
        hello_s=float(limits.handshake_s),
        network_per_min=limits.network_per_min,
    )


async def _serve(settings: Settings) -> None:
    circuit = Circuit()
    store = connect(settings.store_url, circuit, replicas=settings.store_replicas)
    probing = connect(settings.store_url, None, PROBE_TIMEOUT_S, settings.store_replicas)
    # Once before listening; where the store is away, pages say so until the probes bring it back.
    await circuit.probe(probing, load)
    live = live_side(settings, store)
    node, hub = live.streams.node, live.streams.hub
    ended, config = _until_told(), read_config(FILE)
    port = await listen(
        create_app(web_parts(settings, store, live)),
        config,
        lambda slug: Conversation(node, hub, slug),
        live.streams.door,
        inherited(os.environ) or bind(settings.host, settings.port),
        _tls(settings),
    )
    _say_ready(os.environ.get(READY))
    tasks = [
        asyncio.create_task(work)
        for work in (circuit.watch(probing, load), *live.work(), measures.watch_loop())
    ]
    waits = asyncio.create_task(ended.wait())
    # A background task that ends is a fault: the process ends with it and is started again.
    done, _ = await asyncio.wait({waits, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    cut_after(slowest_s(config.graceful_timeout))
    port.close()
    await port.begun()
    if waits in done:  # a batcher that failed answers nobody: nothing to wait for
        await live.batcher.drain(VOTES_S)
    await port.drain(SPREAD_S)
    for task in (*tasks, waits):
        task.cancel()
    # Bounded: a cancellation that meets a finished read inside the Redis client can be swallowed.
    await asyncio.wait({*tasks, waits}, timeout=TASKS_S)
    await store.aclose()
    await probing.aclose()
    for task in done - {waits}:
        task.result()


def cut_after(seconds: float) -> None:
    """End this process so much later, whatever does not let go of it: a thread cannot be cancelled. By then
    everybody was answered or told to come back."""

    def cut() -> None:
        log.warning("end_cut_short")
        os._exit(1)

    net = threading.Timer(seconds, cut)
    net.daemon = True  # of those who ended in time nobody waits for it
    net.start()


def _say_ready(descriptor: str | None) -> None:
    """Tell whoever started us as another's successor that we listen."""
    if descriptor is not None:
        with os.fdopen(int(descriptor), "wb") as says:
            says.write(b"1")


def _until_told() -> asyncio.Event:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    # http/1.1 alone: inside h2 a browser would open the socket past the demultiplexer.
    context.set_alpn_protocols(["http/1.1"])
    return context
