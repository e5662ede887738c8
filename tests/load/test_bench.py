"""The bench runs, small, on the whole product and on the plain variant, and its ledger agrees."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.bench import generator, ledger, machine, meeting, product
from tools.bench.generator import Load, Plan
from tools.bench.meeting import OURS, PLAIN


@pytest.mark.parametrize("who", [OURS, PLAIN])
def test_every_vote_that_a_small_meeting_acknowledges_is_in_the_store(who: str) -> None:
    points = meeting.run(50, 200, 2, 1, {}, (who,))
    assert [point.joined for point in points] == [50]
    assert points[0].refused == points[0].unanswered == points[0].unseen == 0
    assert points[0].agrees and points[0].acked_per_s > 0


def test_the_ledger_finds_a_lost_and_an_invented_vote() -> None:
    with product.running({}, machine.cores()) as up, generator.compiled() as command:
        stage = asyncio.run(product.set_up(up, 10, 100))
        plan = Plan(
            port=up.port,
            path=f"/live/{stage.meeting.slug}",
            origin=up.origin,
            hellos=stage.hellos(up.secret),
            rate=50,
            warm=0,
            seconds=1,
            questions=100,
        )
        load = generator.run(command, plan, machine.cores(), up.cpu)
        assert asyncio.run(ledger.check(up.store_url, stage, load)).agrees()
        forged = load.votes.copy()
        forged["client"][0], forged["question"][0] = 9, 99  # nobody got as far as this question
        held = asyncio.run(ledger.check(up.store_url, stage, _with(load, forged)))
        assert (held.lost, held.strange, held.ranks_wrong) == (1, 1, 0)


def _with(load: Load, votes: NDArray[np.void]) -> Load:
    return Load(load.told, load.codes, votes, load.joins_s, load.seconds, load.used)
