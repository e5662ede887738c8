"""What the API tells: one type for each answer. The tests hold every answer against its type."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from server.web.api_bodies import ReasonLine


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is one of docs/errors.md, `message` a sentence, `retry_in` seconds."""

    code: str
    message: str
    retry_in: float | UnsetType = UNSET


class ErrorAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A refusal, or a fault with its reference."""

    error: Fault


class TokenAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A bearer token, or the token of a link: shown once."""

    token: str


class JoinAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A sign-in."""

    token: str
    role: str


class StaffAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A sign-in of staff; `label` is what the record says, such as Moderator 2."""

    token: str
    role: str
    label: str | None


class PlaceAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A place among those who wait to join: its number (1 is next), seconds until its turn, seconds after
    which to ask again, and the slip to send then."""

    number: int
    wait_s: float
    again_s: float
    slip: str


class TicketAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Thirty seconds of proof for the first message on a socket; or, with 202, a place to wait at."""

    ticket: str | UnsetType = UNSET
    place: PlaceAnswer | UnsetType = UNSET


class MessagesAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What the socket would have answered, in order (docs/wire.md)."""

    messages: list[dict[str, Any]]


class LogPlace(msgspec.Struct, forbid_unknown_fields=True):
    """Where a meeting's log is served, and the key that verifies its checkpoints."""

    address: str
    vkey: str


class MeetingAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A meeting. `code` is there for its organisers alone. `log` is null until the sequencer has begun the
    log, a moment after the meeting was made, and where a meeting has none."""

    slug: str
    title: str
    revision: int
    phase: str
    description: str
    languages: list[str]
    zone: str
    starts_at: int | None
    asking_from: int | None
    asking_until: int | None
    voting_from: int | None
    voting_until: int | None
    asking: bool
    voting: bool
    stream_url: str
    stream_delay_s: int
    after_display: bool
    min_chars: int
    max_chars: int
    submit_limit: int
    reasons: list[ReasonLine]
    policy: str
    readers: str
    accent: str
    admission: str
    asking_open: bool
    voting_open: bool
    log: LogPlace | None
    code: str | UnsetType = UNSET


class ReceiptAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A submission on disk; `fate` is the address that follows it. `number` null: it follows.
    At `receipt` is the proof of its place in the log, once the number is given."""

    q: str
    number: int | None
    state: str
    fate: str
    receipt: str


class PickedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """From which place by votes a question went on air, and whom that passed over: [number, reason]."""

    rank: int
    passed: list[tuple[int, str]]


class RowAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A row of the board (docs/wire.md). `gone`, here and elsewhere: why `text` is empty (erased, lost)."""

    n: int
    text: str
    gone: str | None
    lang: str
    dir: str
    by: str | None
    state: str
    votes: int
    at: int
    seen: int
    wording: str | None
    askers: int
    stream_s: int | None
    picked: PickedAnswer | None


class BoardAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The board's rows in the order asked for, and how many questions stand where."""

    questions: list[RowAnswer]
    counts: dict[str, int]


class OwnAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A question for its asker."""

    q: str
    number: int | None
    text: str
    gone: str | None
    lang: str
    state: str
    votes: int
    reason: str | None
    note: str
    fate: str | None


class MineAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The caller's own questions, newest first."""

    questions: list[OwnAnswer]


class WaitingRow(msgspec.Struct, forbid_unknown_fields=True):
    """A question that waits for a moderator."""

    q: str
    number: int | None
    text: str
    gone: str | None
    lang: str
    by: str | None
    at: int
    revision: int


class WaitingAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What waits, oldest first."""

    questions: list[WaitingRow]


class DecisionAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Where a question stands after a decision."""

    number: int | None
    state: str
    revision: int


class VoteAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A counted vote, durable."""

    n: int
    on: bool
    votes: int


class OwnVotesAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers that the caller voted for, and asked; `at` is the board's position at which it was so."""

    votes: list[int]
    own: list[int]
    at: str


class LineRow(msgspec.Struct, forbid_unknown_fields=True):
    """A question that stands in the line, or is on air."""

    q: str
    number: int | None
    text: str
    gone: str | None
    wording: str | None
    lang: str
    dir: str
    votes: int
    askers: int
    revision: int


class LineAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What is on air and what comes next, with the revision to arrange the line on."""

    revision: int
    on_air: LineRow | None
    next: list[LineRow]
    since: int | None


class ArrangedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The line's new revision."""

    revision: int


class SimilarRow(msgspec.Struct, forbid_unknown_fields=True):
    """A question that looks like another one: its text is the evidence, `likeness` from 0 to 1."""

    q: str
    number: int | None
    text: str
    gone: str | None
    lang: str
    dir: str
    state: str
    likeness: float


class SimilarAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Suggestions, best first."""

    questions: list[SimilarRow]


class DoneAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """It is done."""

    done: bool
