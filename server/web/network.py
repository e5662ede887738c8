"""Limits per network: a whole office may share one address, so they are generous."""

from __future__ import annotations

from quart import request

from server.acts.limits import refuse_network
from server.live.networks import client_address
from server.web.parts import parts


def name() -> bytes:
    """What stands for the network that this request comes from (live/networks.py)."""
    given = parts()
    forwarded = request.headers.getlist("X-Forwarded-For")
    address = client_address(request.remote_addr or "", forwarded, given.trusted_proxies)
    return given.networks.name(address, given.clock())


async def take() -> None:
    """Take one write from this network's budget; refused in words with the time to wait."""
    given = parts()
    refuse_network(given.networks.take_named(name(), given.network_per_min, given.clock()))
