"""Merging: which question may be united with which. The head stays; members keep their own votes.

Decided on what was read; the store compares both revisions when it commits.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.question import State
from server.domain.refusals import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Place:
    """What a merge needs to know of a question. `into` is its head's number where it is merged."""

    number: int
    state: State
    members: int
    into: int | None


def admit(member: Place, head: Place) -> None:
    """Return when `member` may be merged into `head`; refused in words otherwise.

    Neither circles nor chains can arise: a head is never a member, a member never a head.
    """
    if member.number == head.number:
        raise Refused(Refusal.ILLEGAL, "A question cannot be merged into itself.")
    if head.state is State.MERGED:
        raise Refused(
            Refusal.ILLEGAL,
            f"No. {head.number} is merged into no. {head.into} already."
            f" Merge into no. {head.into} instead.",
        )
    if member.members:
        raise Refused(
            Refusal.ILLEGAL,
            f"No. {member.number} has {member.members} merged into it. Merge no. {head.number}"
            " into it instead, or split them first.",
        )
    if head.state is State.RECEIVED:
        # A merged text is public, because its head's is: one that waits can be nobody's head.
        raise Refused(
            Refusal.ILLEGAL,
            f"No. {head.number} still waits. List it first, or merge the other way round.",
        )
    if head.state not in (State.LISTED, State.ON_AIR):
        raise Refused(
            Refusal.ILLEGAL,
            f"No. {head.number} is {head.state.replace('_', ' ')}; nothing can be merged into it.",
        )
