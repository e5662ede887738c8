"""Merging: which question may be united with which. The head stays; members keep their own votes.

Decided on what was read; the store compares both revisions when it commits.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.question import State, in_words
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
            "No. {n} is merged into no. {into} already. Merge into no. {into} instead.",
            n=head.number,
            into=head.into,
        )
    if member.members:
        raise Refused(
            Refusal.ILLEGAL,
            "No. {n} has {members} merged into it. Merge no. {into} into it instead, or split them"
            " first.",
            n=member.number,
            members=member.members,
            into=head.number,
        )
    if head.state is State.RECEIVED:
        # A merged text is public, because its head's is: one that waits can be nobody's head.
        raise Refused(
            Refusal.ILLEGAL,
            "No. {n} still waits. List it first, or merge the other way round.",
            n=head.number,
        )
    if head.state not in (State.LISTED, State.ON_AIR):
        raise Refused(
            Refusal.ILLEGAL,
            "No. {n} is {state}; nothing can be merged into it.",
            n=head.number,
            state=in_words(head.state),
        )
