"""Network namespaces of a test's own: hosts on one cable each, and cables that can be pulled. Needs root
and the command `ip`."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NET = "10.77.0"


class NoNamespaces(Exception):
    """They cannot be made here; says what is needed."""


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNamespaces(f"needs network namespaces: ip {' '.join(words)}: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Site:
    """Hosts 1 to `hosts`, joined by a switch in a namespace of its own."""

    name: str
    hosts: int

    def address(self, host: int) -> str:
        """Where a host is reached by the others."""
        return f"{NET}.{host}"

    def within(self, host: int, *command: str) -> list[str]:
        """The command line that runs a command on a host."""
        return ["ip", "netns", "exec", f"{self.name}-{host}", *command]

    def pull(self, host: int) -> None:
        """Take the host's cable out of the switch: everything to and from it is dropped, unsaid."""
        _ip("-n", self.name, "link", "set", f"port{host}", "nomaster")

    def plug(self, host: int) -> None:
        """Put it back."""
        _ip("-n", self.name, "link", "set", f"port{host}", "master", "switch")

    def _make(self) -> None:
        _ip("netns", "add", self.name)
        _ip("-n", self.name, "link", "add", "switch", "type", "bridge")
        _ip("-n", self.name, "link", "set", "switch", "up")
        for host in range(1, self.hosts + 1):
            there = f"{self.name}-{host}"
            _ip("netns", "add", there)
            pair = ("link", "add", f"port{host}", "type", "veth", "peer", "name", "eth0")
            _ip("-n", self.name, *pair, "netns", there)
            self.plug(host)
            _ip("-n", self.name, "link", "set", f"port{host}", "up")
            _ip("-n", there, "address", "add", f"{self.address(host)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", there, "link", "set", device, "up")

    def _remove(self) -> None:
        for name in (self.name, *(f"{self.name}-{host}" for host in range(1, self.hosts + 1))):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextmanager
def site(hosts: int) -> Iterator[Site]:
    """A site for the length of the block. NoNamespaces where this user or machine cannot have one."""
    if os.geteuid() != 0:
        raise NoNamespaces("needs root: network namespaces of its own")
    if shutil.which("ip") is None:
        raise NoNamespaces("needs the command ip (apt-get install -y iproute2)")
    found = Site(f"of{secrets.token_hex(3)}", hosts)
    try:
        found._make()
        yield found
    finally:
        found._remove()
