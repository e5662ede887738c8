"""Where people reach this machine: host, port, certificate, public address. Plain http stays at home."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.launch.certificate import self_signed
from server.settings import LOOPBACK

ANY = ("0.0.0.0", "::")
PORT_FREE_S = 12.0  # servers of a killed run drain for a few seconds


class CannotRun(Exception):
    """The sentence says why, and what to type instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen and what to tell people. `public_url` has no trailing slash. `held` is bound to
    the port and does not listen: nobody else gets it before the servers' own sockets are bound."""

    host: str
    port: int
    public_url: str
    tls: tuple[Path, Path] | None
    held: socket.socket = field(repr=False, compare=False)


def refuse_open_http(options: Namespace, environ: Mapping[str, str]) -> None:
    """Return where http stays on this machine or somebody speaks https; else CannotRun with the lines."""
    if options.host in LOOPBACK or options.tls or options.tls_cert:
        return
    if options.trust_proxy and environ.get("PUBLIC_URL", "").lower().startswith("https://"):
        return
    raise CannotRun(
        f"Plain http is for this machine only. For {options.host} type one of:\n"
        f"  ./openfloor run --host {options.host} --tls self\n"
        f"  ./openfloor run --host {options.host} --tls-cert CERT.pem --tls-key KEY.pem\n"
        f"  PUBLIC_URL=https://NAME ./openfloor run --host {options.host} --trust-proxy"
    )


def address(
    options: Namespace, environ: Mapping[str, str], data: Path, check: Callable[[], None]
) -> Address:
    """The address that the options mean; makes the self-signed certificate where it is asked for.
    What `check` raises ends the waiting for a port."""
    if bool(options.tls_cert) != bool(options.tls_key):
        raise CannotRun("--tls-cert and --tls-key belong together.")
    if options.tls and options.tls_cert:
        raise CannotRun("Give --tls self or --tls-cert with --tls-key, not both.")
    reached = _reached(options.host)
    tls = (options.tls_cert.resolve(), options.tls_key.resolve()) if options.tls_cert else None
    if options.tls == "self":
        tls = self_signed(data, reached)
    held = _hold_port(options.host, options.port, check)
    port = int(held.getsockname()[1])
    shown = f"[{reached}]" if ":" in reached else reached
    public = environ.get("PUBLIC_URL") or f"{'https' if tls else 'http'}://{shown}:{port}"
    return Address(options.host, port, public.rstrip("/"), tls, held)


def _reached(host: str) -> str:
    """The host as others type it: for "all addresses" the one that leads to the network."""
    if host not in ANY:
        return host
    family, far = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((far, 9))  # picks a route, sends nothing
        return str(probe.getsockname()[0])
    return "localhost"


def _hold_port(host: str, port: int, check: Callable[[], None]) -> socket.socket:
    """A socket bound to the port, once nobody listens on it. Our servers share a port by SO_REUSEPORT,
    so a second run would otherwise take half of the first one's visitors."""
    deadline = time.monotonic() + PORT_FREE_S
    while True:
        try:
            return _bound(host, port)
        except PermissionError:
            raise CannotRun(
                f"Port {port} needs root. Type --port 8000, or any from 1024."
            ) from None
        except socket.gaierror:
            raise CannotRun(f"--host {host}: there is no such address.") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotRun(f"--host {host}: {error.strerror}.") from None
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"Port {port} is in use. Type --port 0 for a free one, or another number."
                ) from None
        check()
        time.sleep(0.1)


def _bound(host: str, port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, port))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # our own may bind it from now on
    except OSError:
        one.close()
        raise
    return one
