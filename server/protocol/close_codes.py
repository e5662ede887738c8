"""Why a socket is closed: RFC 6455 codes and our own in the range 4000 to 4999."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    """Wire format: add, never renumber."""

    NORMAL = 1000
    PROTOCOL = 1002
    BINARY = 1003
    BAD_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    RESTART = 1012
    BAD_MESSAGE = 4400
    SIGNED_OUT = 4401
    HELLO_LATE = 4408
    TOO_MANY = 4409
    FLOOD = 4429
