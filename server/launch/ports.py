"""Listening sockets that outlive the server that listens on them.

A socket that closes resets whoever waits in its queue, and whoever is still shaking hands. So the parent
binds, the server listens when it is ready, and a server's successor gets the same sockets: nobody in the
queue notices that another process takes them out of it.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping, Sequence
from typing import Any

PORTS = "OPENFLOOR_PORT_FDS"
# "localhost" is named in both families also where the machine speaks one.
ABSENT = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def bind(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of the host that this machine has, not listening yet. Other servers
    on this machine may bind the same (SO_REUSEPORT): connections are spread over those that listen.
    OSError with nothing left open where none can be, or where one is somebody else's."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    absent: OSError | None = None
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            bound.append(_bound(family, address))
        except OSError as error:
            if error.errno not in ABSENT:
                close(bound)
                raise
            absent = error
    if absent is not None and not bound:
        raise absent
    return bound


def _bound(family: int, address: Any) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one


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
