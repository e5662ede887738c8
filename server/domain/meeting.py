"""A meeting's settings and phases. A change is a new value with the next revision; nothing is edited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from server.domain.refusals import Refusal, Refused, Sentence
from server.domain.screening import STARTING_REASONS, Reason


class Phase(StrEnum):
    """Log and wire format: add, never rename."""

    ANNOUNCED = "announced"
    COLLECTING = "collecting"
    LIVE = "live"
    CLOSED = "closed"
    ARCHIVED = "archived"


_ORDER = tuple(Phase)
_VOTED_IN = (Phase.LIVE, Phase.COLLECTING)

STARTING_POLICY = """\
Every question gets a number when it arrives and a public outcome.

* We list questions that are about this meeting or our work, also uncomfortable ones.
* We screen out only for a reason on the public list, and the record says which.
* Copies of one question are counted together and never dropped.
* You may appeal once; another moderator decides, where the meeting has two or more."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Everything an organiser sets, as one value. Times are epoch milliseconds or None (by hand)."""

    id: str
    slug: str
    code: str
    epoch: str
    created_at: int
    title: str
    revision: int = 1
    phase: Phase = Phase.COLLECTING
    description: str = ""
    languages: tuple[str, ...] = ("en",)
    zone: str = "UTC"
    starts_at: int | None = None
    live_at: int | None = None
    asking_from: int | None = None
    asking_until: int | None = None
    voting_from: int | None = None
    voting_until: int | None = None
    asking: bool = True
    voting: bool = True
    stream_url: str = ""
    stream_delay_s: int = 0
    after_display: bool = False
    min_chars: int = 10
    max_chars: int = 500
    submit_limit: int = 3
    reasons: tuple[Reason, ...] = STARTING_REASONS
    policy: str = STARTING_POLICY
    readers: str = "link"
    accent: str = "#0b6e69"
    admission: str = "code"
    logo: str = ""

    @property
    def ended(self) -> bool:
        """True once the meeting closed for good."""
        return self.phase in (Phase.CLOSED, Phase.ARCHIVED)

    def asks_open(self) -> bool:
        """True while questions are taken: the switch is on and the meeting has not ended."""
        return self.asking and self.phase in _VOTED_IN

    def votes_open(self) -> bool:
        """True while votes are taken: the switch is on and the meeting has not ended."""
        return self.voting and self.phase in (Phase.COLLECTING, Phase.LIVE)


def advance(meeting: Meeting, phase: Phase) -> Meeting:
    """The meeting in `phase`; refused when that would go backwards. Closing ends asking and voting."""
    if _ORDER.index(phase) < _ORDER.index(meeting.phase):
        raise Refused(
            Refusal.ILLEGAL,
            "The meeting is {phase} and cannot go back to {wanted}.",
            phase=Sentence(meeting.phase.value, key=f"end.{meeting.phase.value}"),
            wanted=Sentence(phase.value, key=f"end.{phase.value}"),
        )
    if phase in (Phase.CLOSED, Phase.ARCHIVED):
        return replace(meeting, phase=phase, asking=False, voting=False)
    return replace(meeting, phase=phase)


def awaiting(before: Meeting, after: Meeting, now: int) -> Meeting:
    """`after` with asking and voting closed where a start was set that is still to come: what the
    clock will open is not open yet."""
    for switch, edge in (("asking", "asking_from"), ("voting", "voting_from")):
        opens = getattr(after, edge)
        if opens is not None and opens != getattr(before, edge) and opens > now:
            after = replace(after, **{switch: False})  # type: ignore[arg-type]  # a switch is a bool
    return after


def due(meeting: Meeting, now: int) -> Meeting:
    """The meeting as its clock windows want it at `now`; the same value when nothing is due.

    A window acts once, when its edge lies between the last look and now: an organiser who opens or
    closes by hand afterwards is not overruled, because a past edge is cleared as it is carried out.
    """
    after = meeting
    if after.phase in (Phase.CLOSED, Phase.ARCHIVED):
        return after
    if after.asking_from is not None and after.asking_from <= now:
        phase = Phase.COLLECTING if after.phase is Phase.ANNOUNCED else after.phase
        after = replace(after, asking=True, asking_from=None, phase=phase)
    if after.voting_from is not None and after.voting_from <= now:
        after = replace(after, voting=True, voting_from=None)
    if after.asking_until is not None and after.asking_until <= now:
        after = replace(after, asking=False, asking_until=None)
    if after.voting_until is not None and after.voting_until <= now:
        after = replace(after, voting=False, voting_until=None)
    return after
