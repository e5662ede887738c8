"""Which addresses a server's sockets are bound to."""

from __future__ import annotations

import errno
import socket

import pytest

from server.launch import ports
from tests.launch.running import free_port

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.1"  # the second is nobody's (RFC 5737)


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let a host have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_of_a_host_s_addresses_those_that_the_machine_has_are_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named(monkeypatch, ELSEWHERE, HERE)
    (bound,) = ports.bind("localhost", 0)
    assert bound.getsockname()[0] == HERE
    bound.close()


def test_a_host_without_an_address_of_this_machine_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named(monkeypatch, ELSEWHERE)
    with pytest.raises(OSError) as error:
        ports.bind("elsewhere", 0)
    assert error.value.errno == errno.EADDRNOTAVAIL


def test_an_address_that_somebody_else_holds_is_an_error_and_nothing_stays_bound() -> None:
    port = free_port()
    with socket.create_server((HERE, port)):
        with pytest.raises(OSError) as error:
            ports.bind(HERE, port)
        assert error.value.errno == errno.EADDRINUSE
    (bound,) = ports.bind(HERE, port)
    bound.close()
