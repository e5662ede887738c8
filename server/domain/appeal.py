"""Appeals: one per question, by its asker, judged by another moderator than the one who decided."""

from __future__ import annotations

from enum import StrEnum

from server.domain.question import State
from server.domain.refusals import Refusal, Refused


class Appeal(StrEnum):
    """Log format: add, never rename. Empty while there was none."""

    NONE = ""
    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


def admit_appeal(state: State, appeal: Appeal) -> None:
    """Return when the asker may appeal now; refused in words otherwise."""
    if appeal is not Appeal.NONE:
        raise Refused(Refusal.USED, "You appealed already. Each question has one appeal.")
    if state is not State.SCREENED_OUT:
        raise Refused(Refusal.ILLEGAL, "Only a question that was screened out can be appealed.")


def admit_judge(appeal: Appeal, screened_by: str, judge: str, moderators: int) -> None:
    """Return when `judge` may judge; refused where there is no appeal, or the judge screened it out.

    With fewer than two moderators the rule of the other person is off (product.md, fairness).
    """
    if appeal is not Appeal.OPEN:
        raise Refused(Refusal.ILLEGAL, "No appeal waits on this question.")
    if screened_by == judge and moderators >= 2:
        raise Refused(
            Refusal.FORBIDDEN, "You screened this question out. Another moderator judges it."
        )
