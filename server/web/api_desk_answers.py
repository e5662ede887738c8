"""What the API tells moderators and auditors about the desk."""

from __future__ import annotations

import msgspec


class DeskRow(msgspec.Struct, forbid_unknown_fields=True):
    """A question as the desk sees it; `first` is the first question of its copy group, `people` how
    many asked that group while it waits."""

    q: str
    n: int
    text: str
    gone: str | None
    wording: str
    lang: str
    dir: str
    name: str | None
    state: str
    revision: int
    votes: int
    askers: int
    members: int
    at: int
    decided_at: int | None
    by: str
    reason: str | None
    note: str
    withheld: bool
    target: int | None
    into: int | None
    appeal: str
    appeal_note: str
    hint: str
    after: int | None
    stream_s: int | None
    answer: str
    first: str
    people: int


class DeskLine(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers of those that go on air next, and the revision to arrange them on."""

    revision: int
    numbers: list[int]


class DeskAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The desk, or what changed on it since a position. All values are absolute."""

    position: str
    whole: bool
    questions: list[DeskRow]
    counts: dict[str, int] | None
    line: DeskLine | None


class LoggedRow(msgspec.Struct, forbid_unknown_fields=True):
    """One act. `written` is its note, hint, wording or answer; `basis` on which words were erased;
    `others` the numbers of the questions that it names beside its own; `what` the rule that it changed;
    `role` whose appointment, such as mod:2; `count` how many submissions a limit held back; `public`
    says whether the public reads the question's text or its number alone."""

    id: str
    at: int
    kind: str
    by: str | None
    n: int | None
    text: str | None
    gone: str | None
    lang: str | None
    dir: str | None
    reason: str | None
    basis: str | None
    written: str | None
    others: list[int] | None
    what: str | None
    role: str | None
    votes: int | None
    count: int | None
    end: str | None
    public: str | None


class DeskLogAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Acts, newest first, and the id to go on before."""

    acts: list[LoggedRow]
    before: str | None
