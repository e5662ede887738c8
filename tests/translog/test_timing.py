"""Timing: what leaves and gates tell, for any run of arrivals."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from server.translog import timing
from server.translog.strict import Json
from server.translog.timing import Clockwork

START = 1_790_000_000


@dataclass
class Observed:
    """What somebody who reads the served log at every moment sees."""

    stamps: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    gates: list[tuple[int, int, int]] = field(default_factory=list)  # when, served before, after


Step = tuple[str, int]
OTHERS = ["q.received", "q.list", "m.rule"]
STEPS = st.lists(st.tuples(st.sampled_from(OTHERS), st.integers(-4000, 4000)), max_size=60)


def _play(steps: list[Step], opened_as: str = "collecting") -> tuple[Clockwork, Observed]:
    now, seen = START, Observed()
    fields: dict[str, Json] = {"phase": opened_as}
    at, stands = timing.appended(Clockwork(), "log.open", fields, now)
    seen.stamps.append(at)
    seen.kinds.append("log.open")
    for kind, wait in [("", 0), *steps]:
        now = max(0, now + wait)
        if kind:
            told: dict[str, Json] = {"phase": "live"} if kind == "m.phase" else {"what": "settings"}
            if kind == "window":
                kind, told = "m.rule", {"what": "windows"}
            at, stands = timing.appended(stands, kind, told, now)
            seen.stamps.append(at)
            seen.kinds.append(kind)
        if timing.is_gate(stands, now):
            seen.gates.append((now, stands.served, stands.size))
            stands = timing.served(stands, now)
    return stands, seen


@given(STEPS)
def test_before_the_meeting_stamps_are_whole_days_and_gates_are_wide(steps: list[Step]) -> None:
    _, seen = _play(steps)
    assert all(at % timing.DAY_S == 0 for at in seen.stamps)
    first, *later = seen.gates
    assert first[1:] == (0, 1)
    hours = [first[0] // timing.GATE_S, *(now // timing.GATE_S for now, _, _ in later)]
    assert all(one < two for one, two in itertools.pairwise(hours))
    assert all(after - before >= timing.GATE_LEAVES for _, before, after in later)


@given(STEPS, STEPS)
def test_time_never_runs_back_in_the_log_and_live_is_served_at_once(
    before: list[Step], after: list[Step]
) -> None:
    stands, seen = _play([*before, ("m.phase", 1), *after])
    assert seen.stamps == sorted(seen.stamps)
    assert stands.precise and stands.served == stands.size
    live = seen.kinds.index("m.phase")
    assert all(size - known <= 1 for _, known, size in seen.gates if known > live)


@given(STEPS)
def test_the_end_of_a_window_is_a_gate(steps: list[Step]) -> None:
    stands, seen = _play([*steps, ("window", 1)])
    assert stands.served == stands.size == len(seen.stamps)
    assert all(at % timing.DAY_S == 0 for at in seen.stamps)


def test_a_meeting_opened_live_tells_seconds_from_its_first_leaf() -> None:
    _, seen = _play([("q.received", 5)], "live")
    assert seen.stamps == [START, START + 5]
