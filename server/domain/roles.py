"""Who may do what: one table of role x act, used for every route and every message."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from server.domain.refusals import Sentence


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
    WATCH = "watch"
    ASK = "ask"
    VOTE = "vote"
    READ_OWN = "read_own"
    WITHDRAW = "withdraw"
    LINK_DEVICE = "link_device"
    SIGN_OUT = "sign_out"
    APPEAL = "appeal"
    READ_WAITING = "read_waiting"
    READ_LOG = "read_log"
    LIST = "list"
    SCREEN_OUT = "screen_out"
    SEND_BACK = "send_back"
    MERGE = "merge"
    SPLIT = "split"
    WORD = "word"
    JUDGE = "judge"
    LINE_UP = "line_up"
    READ_LINE = "read_line"
    PICK = "pick"
    RETURN = "return"
    ANSWER = "answer"
    SKIP = "skip"
    READ_ROLES = "read_roles"
    ORGANISE = "organise"
    CREATE_MEETING = "create_meeting"
    EXPORT = "export"
    RUN_JOBS = "run_jobs"
    OPERATE = "operate"


_EVERYONE = frozenset({Act.ENTER, Act.READ_BOARD, Act.READ_RECORD, Act.WATCH, Act.OPERATE})
_SIGNED_IN = _EVERYONE | {Act.LISTEN, Act.SIGN_OUT}
# Stepping along the line, for those on the stage; it shows nothing that waits or is withheld.
_STAGE = frozenset({Act.READ_LINE, Act.PICK, Act.RETURN, Act.ANSWER, Act.SKIP})
_DESK = frozenset({Act.READ_WAITING, Act.READ_LOG})

MAY = MappingProxyType(
    {
        Role.READER: _EVERYONE,
        Role.ATTENDEE: _SIGNED_IN
        | {Act.ASK, Act.VOTE, Act.READ_OWN, Act.WITHDRAW, Act.APPEAL, Act.LINK_DEVICE},
        Role.MODERATOR: _SIGNED_IN
        | _DESK
        | _STAGE
        | {Act.LIST, Act.SCREEN_OUT, Act.SEND_BACK, Act.MERGE, Act.SPLIT, Act.WORD, Act.JUDGE}
        | {Act.LINE_UP},
        Role.HOST: _SIGNED_IN | _STAGE,
        # An organiser moderates only under a second, public invitation (architecture: roles).
        Role.ORGANISER: _SIGNED_IN
        | {Act.ORGANISE, Act.CREATE_MEETING, Act.READ_ROLES, Act.EXPORT, Act.RUN_JOBS},
        Role.AUDITOR: _SIGNED_IN | _DESK | {Act.READ_ROLES},
    }
)

INVITABLE = (Role.MODERATOR, Role.HOST, Role.ORGANISER, Role.AUDITOR)


_PSEUDONYMS = MappingProxyType(
    {Role.MODERATOR: "mod", Role.HOST: "host", Role.ORGANISER: "org", Role.AUDITOR: "aud"}
)


def pseudonym(role: Role, label: str | None) -> str:
    """Who decided, as the log and the record say it: `mod:2` for the holder of "Moderator 2"."""
    number = (label or "").rpartition(" ")[2]
    return f"{_PSEUDONYMS[role]}:{number or '1'}"


def spoken(by: str) -> Sentence:
    """A pseudonym in words: "Moderator 2" for `mod:2`; the asker and rules as they are."""
    short, _, number = by.partition(":")
    for role, name in _PSEUDONYMS.items():
        if name == short:
            return Sentence(role.value.capitalize() + " {n}", {"n": number}, f"by.{short}")
    return Sentence("a rule" if short == "rule" else f"the {by}", key=f"by.{short}")


def may(role: Role, act: Act) -> bool:
    """True when the table lets `role` do `act`; everything not in the table is refused."""
    return act in MAY[role]
