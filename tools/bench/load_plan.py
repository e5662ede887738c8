"""What the Python load generator is told and what it leaves: the files of load.c."""

from __future__ import annotations

import array
import re
import socket
import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CONNECTING, UPGRADING, GREETING, IN, GONE = range(5)
VOTE = struct.Struct("=4d4i")
LINE = re.compile(r"(\w+) (.*)")


@dataclass(slots=True)
class Client:
    """One connection; `told` is the index of the last delta it got."""

    number: int
    hello: bytes
    wire: socket.socket | None = None
    state: int = CONNECTING
    told: int = -1
    rest: bytes = b""
    intended: float = 0.0
    came: float = 0.0


@dataclass(slots=True)
class Told:
    """One delta, over all clients."""

    to: bytes
    last: float = 0.0
    reached: int = 0


@dataclass(slots=True)
class Plan:
    """What PLAN says."""

    words: dict[str, str] = field(default_factory=dict)
    hellos: list[bytes] = field(default_factory=list)

    def number(self, name: str, standard: int = 0) -> int:
        """A whole number of the plan."""
        return int(self.words.get(name, standard))


def read(name: str) -> Plan:
    """The plan in a file."""
    plan = Plan()
    with open(name, encoding="utf-8") as file:
        for line in file:
            found = LINE.match(line.rstrip("\n"))
            if found and found[1] == "hello":
                plan.hellos.append(found[2].replace("\x01", "\r\n").encode())
            elif found:
                plan.words[found[1]] = found[2]
    return plan


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame with the key 0: the payload stays as it is."""
    size = len(payload)
    head = bytes((0x80 | opcode, 0x80 | size)) if size < 126 else b""
    head = head or struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
    return head + bytes(4) + payload


def write(
    name: str,
    times: Sequence[array.array[float]],
    whole: Sequence[array.array[int]],
    joins: Sequence[float],
) -> None:
    """OUT, one struct for each vote, and OUT.joins."""
    with open(name, "wb") as file:
        for row in zip(*times, *whole, strict=True):
            file.write(VOTE.pack(*row))
    with open(f"{name}.joins", "wb") as file:
        array.array("d", joins).tofile(file)


def find_seen(
    times: Sequence[array.array[float]],
    whole: Sequence[array.array[int]],
    tallies: Mapping[int, list[tuple[int, int]]],
    told: Sequence[Told],
    clients: int,
) -> None:
    """Note when the last client got the delta that shows each acknowledged vote."""
    for i, acked in enumerate(times[2]):
        shown = tallies.get(whole[1][i], []) if acked else []
        at = bisect_left(shown, (whole[2][i], -1))
        if at < len(shown) and told[shown[at][1]].reached >= clients:
            times[3][i] = told[shown[at][1]].last
