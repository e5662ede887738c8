"""May this vote be cast? Decided on what a node knows; the store checks the same numbers again."""

from __future__ import annotations

from server.domain.question import VOTABLE, State
from server.domain.refusals import Refusal, Refused


def admit(state: State | None, own: bool, open_for_votes: bool) -> None:
    """Returns when the vote may go to the store; else raises the refusal in words.

    `state` is None where the number is on no board: unknown, waiting and withheld look the same.
    """
    if state is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number on the board.")
    if not open_for_votes:
        raise Refused(Refusal.CLOSED, "Voting is closed now.")
    if own:
        raise Refused(Refusal.OWN_QUESTION, "You asked this question, so you cannot vote for it.")
    if state not in VOTABLE:
        raise Refused(Refusal.NOT_LISTED, "This question is not open for votes.")
