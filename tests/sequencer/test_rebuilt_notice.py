"""What organisers are told after their store was rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.store.rebuilding import rebuilt
from server.translog.leaf import Leaf
from server.web.record_values import runs
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import busy, wiped
from workers.sequencer.replaying import Replaying


async def test_organisers_are_told_whose_text_is_lost_also_after_a_rebuilding_that_was_killed(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = await busy(store, tmp_path)
    assert await rebuilt(store, town.meeting.id) is None
    await wiped(store)
    take, turns = Replaying.take, iter(range(1000))

    async def killed(self: Replaying, *given: object, **more: object) -> Leaf:
        found = await take(self, *given, **more)  # type: ignore[arg-type]
        if next(turns) == 20:
            raise RedisError("gone")
        return found

    monkeypatch.setattr(Replaying, "take", killed)
    with pytest.raises(RedisError):
        await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    told = await rebuilt(store, town.meeting.id)
    assert told is not None and told[1] == list(range(1, 9))
    assert runs(told[1]) == "1–8" and runs([1, 3, 4]) == "1, 3–4"
