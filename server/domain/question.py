"""A question's life: states, acts, and the one table of legal steps."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from server.domain.refusals import Refusal, Refused, Sentence


class State(StrEnum):
    """Log and wire format: add, never rename."""

    RECEIVED = "received"
    LISTED = "listed"
    SCREENED_OUT = "screened_out"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent_back"
    NOT_REVIEWED = "not_reviewed"
    NOT_REACHED = "not_reached"
    ON_AIR = "on_air"
    ANSWERED = "answered"


class Act(StrEnum):
    """What can be decided about one question."""

    LIST = "list"
    SCREEN_OUT = "screen_out"
    MERGE = "merge"
    SPLIT = "split"
    SPLIT_UNREAD = "split_unread"
    WITHDRAW = "withdraw"
    SEND_BACK = "send_back"
    PICK = "pick"
    RETURN = "return"
    ANSWER = "answer"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    WORD = "word"
    SKIP = "skip"
    CLOSE = "close"


LEGAL = MappingProxyType(
    {
        (State.RECEIVED, Act.LIST): State.LISTED,
        (State.RECEIVED, Act.SCREEN_OUT): State.SCREENED_OUT,
        (State.RECEIVED, Act.MERGE): State.MERGED,
        (State.RECEIVED, Act.WITHDRAW): State.WITHDRAWN,
        (State.RECEIVED, Act.SEND_BACK): State.SENT_BACK,
        (State.RECEIVED, Act.WORD): State.RECEIVED,
        (State.RECEIVED, Act.CLOSE): State.NOT_REVIEWED,
        (State.LISTED, Act.PICK): State.ON_AIR,
        (State.LISTED, Act.ANSWER): State.ANSWERED,
        (State.LISTED, Act.SCREEN_OUT): State.SCREENED_OUT,
        (State.LISTED, Act.MERGE): State.MERGED,
        (State.LISTED, Act.WITHDRAW): State.WITHDRAWN,
        (State.LISTED, Act.WORD): State.LISTED,
        (State.LISTED, Act.SKIP): State.LISTED,
        (State.LISTED, Act.CLOSE): State.NOT_REACHED,
        (State.ON_AIR, Act.RETURN): State.LISTED,
        (State.ON_AIR, Act.SKIP): State.LISTED,
        (State.ON_AIR, Act.ANSWER): State.ANSWERED,
        # Reversals are further decisions: answered by mistake, or with another time or link.
        (State.ANSWERED, Act.LIST): State.LISTED,
        (State.ANSWERED, Act.ANSWER): State.ANSWERED,
        (State.MERGED, Act.SPLIT): State.LISTED,
        # One that waited when it was merged waits again: no split lists an unread text.
        (State.MERGED, Act.SPLIT_UNREAD): State.RECEIVED,
        (State.SCREENED_OUT, Act.LIST): State.LISTED,
        (State.SCREENED_OUT, Act.SCREEN_OUT): State.SCREENED_OUT,
        (State.SCREENED_OUT, Act.APPEAL): State.SCREENED_OUT,
        (State.SCREENED_OUT, Act.UPHOLD): State.SCREENED_OUT,
        (State.SCREENED_OUT, Act.OVERTURN): State.LISTED,
    }
)

VOTABLE = frozenset({State.LISTED})
# What a meeting's close left unanswered stays to be read; what nobody reviewed never was.
ON_BOARD = frozenset({State.LISTED, State.ON_AIR, State.ANSWERED, State.NOT_REACHED})
# Whose text anybody may read who may read the record; screened out only where not withheld.
TEXT_PUBLIC = ON_BOARD | {State.MERGED, State.SCREENED_OUT}


def text_is_public(state: State, withheld: bool) -> bool:
    """True where the text may be shown to every reader: never while it waits, nor withheld."""
    return state in TEXT_PUBLIC and not (state is State.SCREENED_OUT and withheld)


def in_words(state: State) -> Sentence:
    """The state as people say it."""
    return Sentence(state.replace("_", " "), key=f"state.{state.value}")


def step(state: State, act: Act) -> State:
    """The state after `act`; refused as illegal, naming both, when the table has no such step."""
    after = LEGAL.get((state, act))
    if after is None:
        raise Refused(
            Refusal.ILLEGAL,
            "A question that is {state} cannot take the step “{act}”.",
            state=in_words(state),
            act=Sentence(act.replace("_", " "), key=f"step.{act.value}"),
        )
    return after
