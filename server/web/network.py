"""Limits per network, without keeping an address: a key that changes each hour and is never stored."""

from __future__ import annotations

import hmac
import ipaddress

from quart import request

from server.acts.limits import take_or_refuse
from server.web.parts import parts

HOUR_MS = 3_600_000


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    width = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, width), strict=False))


async def take() -> None:
    """Take one write from this network's bucket; refused with the time to wait. Generous: a whole
    office may share one address."""
    given = parts()
    hour = given.clock() // HOUR_MS
    name = f"net|{hour}|{_network(request.remote_addr or '')}".encode()
    key = hmac.digest(given.secret, name, "sha256").hex()[:32]
    rate = given.network_per_min / 60
    await take_or_refuse(
        given.store,
        f"net:{key}",
        rate,
        given.network_per_min,
        "Too much at once from this network.",
    )
