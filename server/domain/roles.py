"""Who may do what: one table of role x act, used for every route and every message."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Wire format: add, never rename."""

    READER = "reader"
    ATTENDEE = "attendee"
    MODERATOR = "moderator"
    HOST = "host"
    ORGANISER = "organiser"
    AUDITOR = "auditor"


class Act(StrEnum):
    """Everything a person can ask for."""

    ENTER = "enter"
    READ_BOARD = "read_board"
    READ_RECORD = "read_record"
    LISTEN = "listen"
    ASK = "ask"
    VOTE = "vote"
    READ_OWN = "read_own"
    WITHDRAW = "withdraw"
    LINK_DEVICE = "link_device"
    SIGN_OUT = "sign_out"
    READ_WAITING = "read_waiting"
    LIST = "list"
    SCREEN_OUT = "screen_out"
    ORGANISE = "organise"
    CREATE_MEETING = "create_meeting"
    OPERATE = "operate"


_EVERYONE = frozenset({Act.ENTER, Act.READ_BOARD, Act.READ_RECORD, Act.OPERATE})
_SIGNED_IN = _EVERYONE | {Act.LISTEN, Act.SIGN_OUT}

MAY = MappingProxyType(
    {
        Role.READER: _EVERYONE,
        Role.ATTENDEE: _SIGNED_IN
        | {Act.ASK, Act.VOTE, Act.READ_OWN, Act.WITHDRAW, Act.LINK_DEVICE},
        Role.MODERATOR: _SIGNED_IN | {Act.READ_WAITING, Act.LIST, Act.SCREEN_OUT},
        Role.HOST: _SIGNED_IN,
        # An organiser moderates only under a second, public invitation (architecture: roles).
        Role.ORGANISER: _SIGNED_IN | {Act.ORGANISE, Act.CREATE_MEETING},
        Role.AUDITOR: _SIGNED_IN | {Act.READ_WAITING},
    }
)

INVITABLE = (Role.MODERATOR, Role.HOST, Role.ORGANISER, Role.AUDITOR)


def may(role: Role, act: Act) -> bool:
    """True when the table lets `role` do `act`; everything not in the table is refused."""
    return act in MAY[role]
