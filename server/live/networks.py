"""Budgets per network, in this process's memory alone: no address is kept, stored or told."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from server.session.budget import Budget

KEY_LIVES_MS = 3_600_000
NETWORKS_KEPT = 100_000
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

# What stands for the network of a peer, given what it says it forwards.
NetworkName: TypeAlias = Callable[[str, Sequence[str]], bytes]


def one_for_all(peer: str, forwarded: Sequence[str]) -> bytes:
    """A NetworkName that tells nobody apart."""
    return b""


def read_proxies(listed: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks of trusted proxies; ValueError names an odd one."""
    return tuple(ipaddress.ip_network(one.strip(), strict=False) for one in listed if one.strip())


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Whom a request comes from. What a proxy tells counts only when the peer is a listed proxy, and
    then only its last hop that is not itself listed: everything left of that the client may invent."""
    found = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while _listed(found, proxies) and hops:
        found = hops.pop()
    return found


def _listed(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in proxy for proxy in proxies)


def network_of(address: str) -> str:
    """The /24 or /64 that shares one budget; everything that is no address shares another."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    width = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, width), strict=False))


@dataclass(slots=True)
class Networks:
    """Budgets by a keyed digest of the network. The key is random, in memory, and changes each hour;
    with it all budgets begin anew."""

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _until: int = 0
    _budgets: OrderedDict[bytes, Budget] = field(default_factory=OrderedDict)

    def take(self, address: str, per_min: int, now: int) -> float:
        """Take one write from the address's network: 0.0 when taken, else the seconds to wait."""
        return self.take_named(self.name(address, now), per_min, now)

    def name(self, address: str, now: int) -> bytes:
        """What stands for the address's network within this hour; no address can be read from it."""
        if now >= self._until:
            self._key, self._until = secrets.token_bytes(32), now + KEY_LIVES_MS
            self._budgets.clear()
        return hmac.digest(self._key, network_of(address).encode(), "sha256")

    def take_named(self, name: bytes, per_min: int, now: int) -> float:
        """The same for a name that was kept: one of an earlier hour has a budget of its own."""
        budget = self._budgets.get(name)
        if budget is None:
            budget = self._budgets[name] = Budget(per_min / 60, per_min, now)
            if len(self._budgets) > NETWORKS_KEPT:
                self._budgets.popitem(last=False)
        return budget.take(now)
