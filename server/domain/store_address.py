"""Where the store is: one address, or the Sentinels that know which server leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

SCHEME = "redis+sentinel"
PORT = 26_379
SHAPE = "redis+sentinel://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT],.../SERVICE[/DB]"


class BadAddress(ValueError):
    """No address of this shape; the sentence says the right one, and never the address itself."""


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Hosts and ports to ask, the service to ask for, and how to sign in at the server that leads."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    sign_in: dict[str, Any]


def sentinels(url: str) -> Sentinels | None:
    """The Sentinels that `url` names, None where it is a store's own address.

    BadAddress where it begins like one and is not.
    """
    scheme, _, rest = url.partition("://")
    if scheme != SCHEME:
        return None
    # Not urlsplit: it takes several hosts for one, and newer ones refuse brackets in the middle.
    netloc, _, path = rest.partition("/")
    who, _, where = netloc.rpartition("@")
    service, _, db = path.strip("/").partition("/")
    try:
        hosts = tuple(_host(host) for host in where.split(","))
        number = int(db or 0)
    except ValueError:
        raise BadAddress(f"Several stores behind Sentinels are named so: {SHAPE}") from None
    if not service or "?" in rest or "#" in rest:
        raise BadAddress(f"Several stores behind Sentinels are named so: {SHAPE}")
    user, _, password = who.partition(":")
    sign_in: dict[str, Any] = {"db": number}
    if password:
        sign_in |= {"username": unquote(user) or None, "password": unquote(password)}
    return Sentinels(hosts, service, sign_in)


def _host(text: str) -> tuple[str, int]:
    found = urlsplit(f"//{text}")
    if not found.hostname:
        raise ValueError("no host")
    return found.hostname, found.port or PORT
