"""What the pages and the API are given; nothing here is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from quart import current_app
from redis.asyncio import Redis

from server.acts.limits import Rate
from server.acts.log_archive import Archives
from server.acts.log_record import Records
from server.acts.public_record import Index
from server.live.boards import Boards
from server.live.networks import Network, Networks
from server.live.streams import Streams
from server.web.away import SignIns


@dataclass(frozen=True, slots=True)
class WebParts:
    """Store, boards and the few values that requests need. `clock` gives epoch milliseconds;
    `logs` is the folder where the sequencer writes, None where this process cannot see it;
    `jobs_url` the store of the job queue, '' where there is none."""

    store: Redis
    boards: Boards
    streams: Streams
    secret: bytes
    public_url: str
    clock: Callable[[], int]
    network_per_min: int
    tick_ms: int
    vote_pace: Rate = field(default_factory=lambda: Rate(5, 20))
    logs: Path | None = None
    jobs_url: str = ""
    trusted_proxies: tuple[Network, ...] = ()
    networks: Networks = field(default_factory=Networks)
    sign_ins: SignIns = field(default_factory=SignIns)
    record: Index = field(default_factory=Index)
    records: Records = field(default_factory=Records)
    archives: Archives = field(default_factory=Archives)
    vkeys: dict[str, str] = field(default_factory=dict)
    live_logs: set[str] = field(default_factory=set)

    @property
    def secure(self) -> bool:
        """True where people reach us over https."""
        return self.public_url.startswith("https://")


def parts() -> WebParts:
    """The parts of the app that serves this request."""
    return cast(WebParts, current_app.extensions["openfloor"])
