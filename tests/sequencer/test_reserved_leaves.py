"""A log that a later version wrote, with its types: this version's server shows it, checks it, and brings an
emptied store back from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts.log_record import Records
from server.domain.question import State
from server.store import desk_log, keys
from server.translog import leaf
from server.translog.strict import Json
from tests.acts.building import Town, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of
from tests.sequencer.test_rebuilding import wiped
from tests.translog.building import INTENTS
from workers.sequencer import batching

LAPSED = ["q.received", "q.propose", "q.screen", "q.lapse"]


async def reserved(store: Redis, folder: Path) -> tuple[Town, str]:
    """A meeting whose log holds the reserved types, as a later version's sequencer wrote it: a proposal,
    a withholding, its lapse, another key."""
    town = await live_town(store)
    m, q = town.meeting.id, await town.submit(await town.attendee(), "Who decides this?")
    withheld: dict[str, Json] = {"reason": "personal-data", "withheld": 1, "second": None}
    key = str(INTENTS["log.key"]["vkey_new"])
    told = {
        "k:1": leaf.intent("log.key", vkey_new=key, from_size=9),
        f"d:{q}:2": leaf.intent("q.propose", q=q, act="screen", reason="off-topic", by="mod:1"),
        f"d:{q}:3": leaf.intent("q.screen", q=q, votes=0, by="mod:1", **withheld),
        f"d:{q}:4": leaf.intent("q.lapse", q=q),
    }
    for name, body in told.items():
        await store.xadd(keys.intake(m), {"id": name, "intent": body})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batching, "RESERVED", frozenset())
        await settle(sequencer_in(folder), store)
    return town, q


async def test_a_log_of_a_later_version_is_shown_checked_and_rebuilt_from(
    store: Redis, tmp_path: Path
) -> None:
    town, q = await reserved(store, tmp_path)
    m = town.meeting.id
    leaves = leaves_of(tmp_path, town)
    acts = [leaf.parse(data) for data in leaves]
    assert [act.kind for act in acts if act.q == q] == LAPSED and "log.key" in {
        act.kind for act in acts
    }
    async with Records().of(tmp_path / "data" / "log", m) as held:
        assert held is not None
        known, steps = held.record.questions[q], held.record.steps[q]
        assert (known.state, known.withheld) == (State.RECEIVED, False)
        assert [step.word for step in steps] == [
            "received",
            "proposed_screen",
            "screened_out",
            "lapsed",
        ]
    assert not any(wrong for _, wrong in findings(tmp_path).values())
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    found = await town.look(q)
    assert (found.state, found.reason, found.revision) == (State.RECEIVED, None, 4)
    assert [act.kind for act in await desk_log.history(store, m, q)] == LAPSED
    assert leaves_of(tmp_path, town) == leaves
