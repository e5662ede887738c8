"""Waits until the server answers, on its own address, also under TLS."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from server.launch.address import ANY, CannotRun
from server.settings import Settings

READY_S = 45.0


def wait_ready(settings: Settings, check: Callable[[], None]) -> None:
    """Return when /healthz answers; CannotRun after READY_S, or what `check` raises meanwhile."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _status(settings) == 200:
                return
        check()
        time.sleep(0.05)
    raise CannotRun("The server did not answer in time; its messages are above.")


def healthy(settings: Settings) -> bool:
    """True when this machine's server answers now; for a container's health check."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return _status(settings) == 200
    return False


def _status(settings: Settings) -> int:
    host = settings.host
    if host in ANY:
        host = "::1" if ":" in host else "127.0.0.1"
    connection: http.client.HTTPConnection
    if settings.tls_cert is None:
        connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    else:
        # Our own process on our own address: its certificate names the public host.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, settings.port, timeout=2, context=context)
    with contextlib.closing(connection):
        connection.request(
            "GET", "/healthz", headers={"Host": urlsplit(settings.public_url).netloc}
        )
        return connection.getresponse().status
