"""The bench runs, small, on the whole product and on the plain variant, and its ledger agrees."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.bench import (
    curve,
    generator,
    leaves,
    ledger,
    load,
    load_plan,
    machine,
    meeting,
    product,
    submitting,
)
from tools.bench.attackers import attacking
from tools.bench.attacks import ATTACKS, Target
from tools.bench.generator import Load, Plan
from tools.bench.meeting import OURS, PLAIN
from tools.bench.product import Product, Stage

SOCKETS, GRACE_S = 50, 50
PATIENT = {"handshake_s": 60, "vote_burst": 1_000}  # a client that stood still catches up


@pytest.fixture(scope="module")
def up() -> Iterator[Product]:
    """One running Openfloor for all."""
    with product.running(PATIENT, machine.cores()) as running:
        yield running


def staged(up: Product) -> Stage:
    return asyncio.run(product.set_up(up, SOCKETS, 100))


@pytest.mark.parametrize(
    ("who", "compiled"), [(OURS, True), (OURS, False), (PLAIN, True)], ids=["c", "python", "plain"]
)
def test_every_vote_that_a_small_meeting_acknowledges_is_in_the_store(
    up: Product, monkeypatch: pytest.MonkeyPatch, who: str, compiled: bool
) -> None:
    if not compiled:
        monkeypatch.setattr(generator, "compiler", lambda: None)
    elif generator.compiler() is None:
        pytest.skip("no C compiler here")
    # The last votes may be told late: ticks are wide on a busy machine.
    monkeypatch.setattr(meeting, "Plan", partial(Plan, grace=GRACE_S))
    with generator.compiled() as command:
        point = meeting.one(who, command, up, staged(up), machine.cores(), 100, 2)
    assert point.joined == SOCKETS
    assert point.refused == point.unanswered == point.unseen == 0
    # They were answered; on a busy machine none was in the two seconds that `acked_per_s` is of.
    assert point.agrees and point.ack_p50 > 0


def test_a_total_that_is_told_after_a_higher_one_hides_no_vote() -> None:
    crowd = load.Crowd(load_plan.Plan({"questions": "1", "rate": "2", "seconds": "1"}, [b"-"]))
    crowd.inside, crowd.sent, crowd.acked = 1, 2, 2
    for vote in range(2):
        crowd.whole[1][vote], crowd.whole[2][vote], crowd.times[2][vote] = 1, vote + 1, 1.0
    for at, votes in enumerate((2, 1)):
        told = f'{{"t":"delta","to":"{at}-0","tallies":[[1,{votes}]]}}'
        crowd._delta(crowd.clients[0], told.encode(), 2.0 + at)
    assert crowd.find_seen() and crowd.times[3].tolist() == [2.0, 2.0]


@pytest.mark.parametrize(("way", "rate"), [("HTTP", 20), ("HTTP", 0), ("intake", 300)])
def test_everybody_who_asks_in_a_small_bench_gets_a_receipt(
    up: Product, way: str, rate: int
) -> None:
    point = asyncio.run(submitting.point(up, way, rate, 1))
    assert point.without == 0
    assert 0 < point.p50_ms <= point.p99_ms


def test_floods_of_a_small_bench_are_carried_out_beside_it_and_end_as_they_must(
    up: Product,
) -> None:
    target = Target(up.port, f"/live/{staged(up).meeting.slug}", up.origin)
    (pings,) = (attack for attack in ATTACKS if attack.name == "5,000 pings")
    with attacking(pings, 2, target, machine.cores().others) as flood:
        flood.begin()
    assert flood.right >= 2 and flood.wrong == 0


def test_what_has_ended_before_it_is_pinned_is_let_be() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    machine.pin(ended.pid, machine.cores().others)


def test_a_log_of_a_bench_passes_its_audit() -> None:
    (point,) = leaves.run(900)
    assert point.leaves == 900
    assert point.append_per_s > 0 and point.proof_ms > 0 and point.audit_s > 0


def test_the_ledger_finds_a_lost_and_an_invented_vote(up: Product) -> None:
    stage = staged(up)
    plan = Plan(
        port=up.port,
        path=f"/live/{stage.meeting.slug}",
        origin=up.origin,
        hellos=stage.hellos(up.secret),
        rate=SOCKETS,
        warm=0,
        seconds=1,
        questions=100,
        grace=GRACE_S,
    )
    with generator.compiled() as command:
        load = generator.run(command, plan, machine.cores(), up.cpu)
    assert asyncio.run(ledger.check(up.store_url, stage, load)).agrees()
    forged = load.votes.copy()
    forged["client"][0], forged["question"][0] = 9, 99  # nobody got as far as this question
    held = asyncio.run(ledger.check(up.store_url, stage, _with(load, forged)))
    assert (held.lost, held.strange, held.ranks_wrong) == (1, 1, 0)


def _with(load: Load, votes: NDArray[np.void]) -> Load:
    return Load(load.told, load.codes, votes, load.joins_s, load.seconds, load.used)


@pytest.mark.parametrize("most", [7, 10, 110, 20_000, 30_000, 41_000, 0.15, 0.86])
def test_no_more_than_a_third_of_a_curve_is_empty_beyond_its_last_point(most: float) -> None:
    drawn = curve.svg([(0, 0, False), (most, most, False)], 0.0, 1.0, "sockets", "cores")
    places = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)
    (left, low), (right, high) = [(float(x), float(y)) for x, y in places]
    assert right - left >= (curve.WIDTH - curve.PAD - left) * 2 / 3
    assert low - high >= (low - curve.PAD) * 2 / 3


def test_a_curve_shows_every_point_hollow_where_it_is_not_claimed() -> None:
    drawn = curve.svg([(10, 0.1, False), (100, 0.9, True)], 0.01, 0.009, "sockets", "cores")
    assert drawn.count("<circle") == 2
    assert drawn.count(f'fill="{curve.PAPER}" stroke') == 1
