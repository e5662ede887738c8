"""A question's life: the whole table, legal or refused."""

from __future__ import annotations

from itertools import product

import pytest

from server.domain.question import LEGAL, Act, State, step
from server.domain.refusals import Refusal, Refused


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_every_step_is_legal_or_refused(state: State, act: Act) -> None:
    if (state, act) in LEGAL:
        assert step(state, act) is LEGAL[state, act]
    else:
        with pytest.raises(Refused) as refused:
            step(state, act)
        assert refused.value.refusal is Refusal.ILLEGAL


def test_every_state_can_be_reached_and_no_final_state_is_left() -> None:
    reached = {State.RECEIVED, *LEGAL.values()}
    assert reached == set(State)
    final = {State.WITHDRAWN, State.SENT_BACK, State.NOT_REVIEWED, State.NOT_REACHED}
    assert not final & {state for state, _ in LEGAL}
