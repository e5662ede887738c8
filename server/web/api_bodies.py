"""What the API takes: one frozen type for each body, unknown fields refused by name."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.acts.merge_copies import COPIES_MAX
from server.acts.series import FIELDS
from server.domain.refusals import Refusal, Refused
from server.protocol import strict_json
from server.protocol.inbound import Hex, Locks

Body = TypeVar("Body", bound=msgspec.Struct)
Time = int | str | None
AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>[^`]*)`)?$", re.S)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`slip` is that of the place among those who wait, where there was one."""

    slip: Annotated[str, Meta(max_length=128)] = ""


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a one-time link."""

    token: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A join code, or a personal one of the roster."""

    code: str


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite: moderator, host, organiser or auditor."""

    role: str


class ReasonLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public reason to screen out."""

    code: str
    sentence: str
    withholds: bool = False
    needs_target: bool = False


class MeetingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an organiser sets. Times are epoch milliseconds, a wall-clock time of the meeting's zone
    such as 2026-11-23T15:00, or null for none."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    languages: list[str] | str | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    starts_at: Time | UnsetType = UNSET
    asking_from: Time | UnsetType = UNSET
    asking_until: Time | UnsetType = UNSET
    voting_from: Time | UnsetType = UNSET
    voting_until: Time | UnsetType = UNSET
    asking: bool | str | UnsetType = UNSET
    voting: bool | str | UnsetType = UNSET
    stream_url: str | UnsetType = UNSET
    stream_delay_s: int | str | UnsetType = UNSET
    after_display: bool | str | UnsetType = UNSET
    min_chars: int | str | UnsetType = UNSET
    max_chars: int | str | UnsetType = UNSET
    submit_limit: int | str | UnsetType = UNSET
    reasons: list[ReasonLine] | UnsetType = UNSET
    policy: str | UnsetType = UNSET
    readers: str | UnsetType = UNSET
    accent: str | UnsetType = UNSET
    admission: str | UnsetType = UNSET
    phase: str | UnsetType = UNSET

    def given(self) -> dict[str, object]:
        """The settings that were sent, by name."""
        told: dict[str, object] = msgspec.to_builtins(self)
        told.pop("revision", None)
        return told


class NewMeeting(MeetingSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings to begin with. `prev` is the address (slug) of an ended meeting whose log the new one's
    names as the one that it continues; for a log of another server `prev_note` is a whole checkpoint that
    it signed, `prev_vkey` its key."""

    prev: Annotated[str, Meta(max_length=200)] = ""
    prev_note: Annotated[str, Meta(max_length=8_000)] = ""
    prev_vkey: Annotated[str, Meta(max_length=400)] = ""

    def given(self) -> dict[str, object]:
        """The settings alone: what is continued is no setting."""
        return {name: value for name, value in super().given().items() if name not in FIELDS}


class MeetingChange(MeetingSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings to change, on the revision that was read."""

    revision: int


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A submission. `q` is made by the client (22 characters of base64url): repeating is harmless.
    `after` is the number of an own question that was sent back, which this one follows. `salt` (32
    random bytes) and `hl` are the client's; without them the server makes the salt, nothing is locked."""

    q: str
    text: str
    lang: str | None = None
    name: str | None = None
    after: Annotated[int, Meta(ge=1, le=16_777_214)] | None = None
    salt: Hex | None = None
    hl: Locks | None = None


class Withdrawing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pre` is the secret behind `hl.w`, where the question has one."""

    pre: Hex | None = None


class Voting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An absolute wish for question `n`; `c` grows with each wish of device `d`."""

    n: Annotated[int, Meta(ge=1, le=16_777_214)]
    on: bool
    c: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    d: Annotated[str, Meta(max_length=64)] | None = None


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The revision that the moderator looked at."""

    revision: int


class Screening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a question is not shown; `target` is the number of another question, where one is named.
    `first`: split what is merged into it off before; nothing is split where the rest is refused."""

    revision: int
    reason: str
    note: str = ""
    target: Annotated[int, Meta(ge=1, le=16_777_214)] | None = None
    first: Literal["split"] | None = None


class Merging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the question that stands for both."""

    revision: int
    into: Annotated[int, Meta(ge=1, le=16_777_214)]


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and the revision of it that the moderator looked at."""

    q: str
    revision: int


class MergingCopies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to merge into a question, at most 200 at once."""

    revision: int
    copies: Annotated[list[Seen], Meta(min_length=1, max_length=COPIES_MAX)]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words to show beside the asker's own; the asker's words again remove them."""

    revision: int
    wording: str


class Hinting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the asker should change."""

    revision: int
    hint: str


class Judging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the appeal is overturned (the question is listed) or upheld."""

    revision: int
    overturn: bool


class Appealing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it should be looked at again, in the asker's words; may be empty. `pre` is the secret
    behind `hl.a`, where the question has one."""

    why: str = ""
    pre: Hex | None = None


class Answering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds into the stream, or a written answer, or both."""

    revision: int
    stream_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    text: str = ""


class Skipping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the stage passes it over: no-time, asked-already, nobody-to-answer, later."""

    revision: int
    reason: str


class Arranging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole line, first one first, on the revision that was read."""

    revision: int
    numbers: Annotated[list[Annotated[int, Meta(ge=1, le=16_777_214)]], Meta(max_length=100)]


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The other question of a suggestion, by its id."""

    other: str


def read(kind: type[Body], raw: bytes, limit: int) -> Body:
    """The body as its type; refused in words that begin with the field."""
    value = strict_json.loads(raw, limit)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _refused(str(error)) from None


def _refused(error: str) -> Refused:
    """msgspec's finding as a refusal by the field's name; what it found of a value stays English."""
    found = AT.match(error)
    what, where = (found["what"], found["where"]) if found else (error, None)
    named = re.search(r"(missing required|unknown) field `(.*)`$", what, re.S)
    if named:
        field = f"{where}.{named[2]}" if where else named[2]
        missing = named[1][0] == "m"
        return Refused(
            Refusal.BAD_INPUT, "is needed." if missing else "is not a field here.", field=field
        )
    words = what.replace("`", "")
    if where:
        words = words[:1].lower() + words[1:]
    return Refused(Refusal.BAD_INPUT, "{found}.", field=where or "", found=words)
