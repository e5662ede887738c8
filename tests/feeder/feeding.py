"""A published log on a folder, and a feeder whose witnesses are whatever a test says."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from server.translog import checkpoint, tile
from server.translog.checkpoint import SignedCheckpoint
from server.translog.edge import Edge
from server.translog.note import COSIGNATURE, Signer, VerifierKey
from server.translog.policy import Policy, parse
from server.translog.tile import ENTRIES, WIDTH
from tests.translog.building import ORIGIN, log_signer
from tests.witness.watching import head
from workers.feeder.exchange import Answer, Away
from workers.feeder.feeder import Feeder
from workers.sequencer.files import Files

ID = ORIGIN.rpartition("/")[2]
Says = Callable[[bytes], Awaitable[Answer]]


def publish(folder: Path, size: int, fork_at: int | None = None) -> None:
    """The files of a log of `size` leaves, as the sequencer leaves them."""
    leaves = [
        f"{n}{'!' if fork_at is not None and n >= fork_at else ''}".encode() for n in range(size)
    ]
    edge = Edge()
    found = [(one.path(), data) for one, data in [*edge.append(leaves), *edge.partial()]]
    for one in tile.tiles(size):
        if one.level == ENTRIES:
            start = one.n * WIDTH
            found.append((one.path(), tile.bundle(leaves[start : start + one.width])))
    found.append(("vkey", f"{log_signer().key.text()}\n".encode()))
    found.append(("checkpoint", log_signer().sign(head(size, fork_at).text()).encode()))
    Files(folder).write((f"{ID}/{path}", data) for path, data in found)


def rule(addresses: dict[str, tuple[str, VerifierKey]], least: int) -> Policy:
    """A policy: at least so many of these."""
    lines = [f"witness {name} {key.text()} {url}" for name, (url, key) in addresses.items()]
    names = " ".join(addresses)
    return parse("\n".join([*lines, f"group all-of-them {least} {names}", "quorum all-of-them"]))


def stranger(name: str) -> Signer:
    """The key of a witness that a test plays itself."""
    return Signer(name, name.encode().ljust(32, b"."), COSIGNATURE)


class Clock:
    """Time that a test moves, and nothing else."""

    def __init__(self) -> None:
        self.ahead, self._began = 0.0, time.time()

    def __call__(self) -> float:
        return self._began + self.ahead


def feeder(
    folder: Path, policy: Policy, played: dict[str, Says] | None = None, clock: Clock | None = None
) -> Feeder:
    """A feeder as it starts. Witnesses in `played` (by address) answer as told, others over HTTP."""
    from workers.feeder import exchange

    async def post(url: str, body: bytes) -> Answer:
        says = (played or {}).get(url.removesuffix("/add-checkpoint"))
        return await (says(body) if says else exchange.post(url, body, 60.0))

    return Feeder(Files(folder), lambda _: policy, clock or Clock(), post)


def fixed(status: int, body: bytes = b"") -> Says:
    """A witness that says the same to everybody."""

    async def says(_: bytes) -> Answer:
        return Answer(status, body)

    return says


async def away(_: bytes) -> Answer:
    """A witness that is not there."""
    raise Away("ConnectionRefusedError")


def witnessed(folder: Path, policy: Policy) -> SignedCheckpoint | None:
    """What is published as witnessed, verified."""
    path = folder / ID / "checkpoint.witnessed"
    if not path.exists():
        return None
    keys = tuple(policy.witnesses.values())
    return checkpoint.verified(path.read_bytes(), log_signer().key, keys)
