"""Listening sockets that outlive the server that listens on them.

A socket that closes resets whoever waits in its queue, and whoever is still shaking hands. So the parent
binds, the server listens when it is ready, and a server's successor gets the same sockets: nobody in the
queue notices that another process takes them out of it.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

PORTS = "OPENFLOOR_PORT_FDS"


def bind(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of the host, not listening yet. Other servers on this machine
    may bind the same (SO_REUSEPORT): connections are spread over those that listen. OSError with
    nothing left open where it cannot be."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            bound.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
    except OSError:
        close(bound)
        raise
    return bound


def told(ports: Sequence[socket.socket]) -> dict[str, str]:
    """How a child's environment names the sockets that are passed to it."""
    return {PORTS: ",".join(str(one.fileno()) for one in ports)} if ports else {}


def inherited(environ: Mapping[str, str]) -> list[socket.socket]:
    """The sockets that a parent passed; none where nobody did."""
    return [socket.socket(fileno=int(one)) for one in environ.get(PORTS, "").split(",") if one]


def hush(ports: Sequence[socket.socket]) -> None:
    """Stop listening though they stay bound (listen(2) begins anew): nobody shall wait in the queue of
    a server that died. On Linux a shutdown does that; of a socket that does not listen it would spoil
    what comes after, each connection would begin with its end."""
    for one in ports:
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            one.shutdown(socket.SHUT_RDWR)


def close(ports: Sequence[socket.socket]) -> None:
    """Close our side; a child that has them goes on."""
    for one in ports:
        one.close()
