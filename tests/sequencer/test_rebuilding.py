"""A store that was emptied, or is an older copy: what the log holds comes back, and what does not is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts import appeal, closing, decide, meetings, merge, stage, submit
from server.acts.admission import SignIn
from server.acts.log_archive import beside
from server.acts.log_record import Records
from server.domain.erasing import Gone
from server.domain.question import State
from server.store import desk_log, keys, typed, votes
from server.store.loader import load
from server.store.votes import Wish
from server.translog import leaf
from server.translog.leaf import Leaf
from tests.acts.building import NOW, STRANGER, Town, live_town
from tests.sequencer.building import findings, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from workers.sequencer.replaying import Replaying

FORGOTTEN = {
    "tally",
    "asker",
    "text",
    "salt",
    "name",
    "lang",
    "dir",
    "lost",
    "covered",
    "by_name",
    "people",
}
WORDS = {"note", "wording", "hint", "answer", "appeal_note", "link"}
COARSE = {"received_at", "decided_at", "votes", "askers"}  # seconds, and what people bring back


async def busy(store: Redis, folder: Path) -> tuple[Town, list[str]]:
    """A live meeting in which each kind of act happened; its questions by number."""
    town, sequencer = await live_town(store), sequencer_in(folder)
    m, one, two, host = (
        town.meeting,
        await town.moderator(),
        await town.moderator(),
        await town.host(),
    )
    askers = [await town.attendee() for _ in range(8)]
    qs = [await town.submit(asker, f"Is this question {n}?") for n, asker in enumerate(askers, 1)]
    await settle(sequencer, store)

    async def now(q: str) -> int:
        return (await town.look(q)).revision

    for q in (*qs[:4], qs[7]):
        await decide.list_question(store, m, one, q, await now(q), NOW)
    await decide.screen_out(store, m, one, qs[4], 1, "off-topic", "Not here.", None, NOW)
    await appeal.appeal(store, m, askers[4], qs[4], "It is about our work.", NOW)
    await appeal.judge(store, m, two, qs[4], await now(qs[4]), False, NOW)
    await decide.send_back(store, m, one, qs[5], 1, "Ask one thing at a time.", NOW)
    await merge.merge(store, m, one, qs[1], await now(qs[1]), 1, NOW)
    await merge.merge(store, m, one, qs[2], await now(qs[2]), 1, NOW)
    await merge.split(store, m, one, qs[2], await now(qs[2]), NOW)
    await submit.withdraw(store, m, askers[7], qs[7], NOW)
    await stage.pick(store, m, host, qs[3], await now(qs[3]), NOW)
    await settle(sequencer, store)
    return town, qs


async def rows(store: Redis, town: Town) -> dict[str, dict[str, str]]:
    """All rows, without what a wiped store cannot know."""
    found = {}
    for q in (await typed.hgetall(store, keys.numbers(town.meeting.id))).values():
        row = await typed.hgetall(store, keys.question(town.meeting.id, q))
        left_out = FORGOTTEN | WORDS | COARSE
        found[q] = {k: v for k, v in row.items() if k not in left_out and v != ""}
    return found


async def queues(store: Redis, town: Town) -> Mapping[str, object]:
    """Who stands where."""
    m = town.meeting.id
    listed = (keys.ranked, keys.waiting, keys.by_askers, keys.screened, keys.answered, keys.on_air)
    found: dict[str, object] = {
        key(m): set(await typed.zrange(store, key(m), 0, -1))
        for key in (*listed, keys.appeals, keys.record)
    }
    for key in (keys.numbers, keys.lineage):
        found[key(m)] = await typed.hgetall(store, key(m))
    return found


async def wiped(store: Redis) -> None:
    """The store comes back empty."""
    await store.flushall()
    await load(store)


async def test_a_wiped_store_of_an_open_meeting_comes_back_from_the_leaves(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    before, places, leaves = (
        await rows(store, town),
        await queues(store, town),
        leaves_of(tmp_path, town),
    )
    told = await meetings.by_id(store, town.meeting.id)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before
    assert await queues(store, town) == places
    after = await meetings.by_slug(store, town.meeting.slug)
    assert told and after and (after.title, after.code) == (told.title, told.code)
    assert after.epoch != told.epoch and after.revision == told.revision
    assert leaves_of(tmp_path, town) == leaves
    one = await town.look(qs[0])
    assert (one.text, one.gone, one.members) == ("", Gone.LOST, 1)
    town.meeting = after
    q = await town.submit(await town.attendee(), "Does it go on with number nine?")
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(q)).number == 9
    moderator = await town.moderator()
    done = await decide.list_question(store, after, moderator, qs[6], 1, NOW)
    assert done.state is State.LISTED and done.by == "mod:3"
    await settle(sequencer_in(tmp_path), store)
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


async def closed(store: Redis, folder: Path, town: Town) -> None:
    """The meeting closes, every question gets its end, the record its last entry."""
    found = await meetings.by_id(store, town.meeting.id)
    assert found is not None
    town.meeting = await meetings.change(store, found, {"phase": "closed"}, "org:1", NOW)
    while await closing.settle(store, town.meeting, NOW):
        pass
    await settle(sequencer_in(folder), store)
    assert leaf.parse(leaves_of(folder, town)[-1]).kind == "log.close"


async def test_a_wiped_store_of_a_closed_meeting_shows_its_ends_and_frozen_tallies(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    await votes.cast(store, town.meeting.id, [Wish(qs[0], STRANGER, True, 1, 0)])
    await closed(store, tmp_path, town)
    before, leaves = await rows(store, town), leaves_of(tmp_path, town)
    assert (await town.look(qs[0])).votes == 1
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before
    assert (await town.look(qs[0])).votes == 1
    found = await meetings.by_slug(store, town.meeting.slug)
    assert found is not None and found.ended and not found.asks_open()
    assert await closing.settle(store, found, NOW) == 0
    await settle(sequencer_in(tmp_path), store)
    assert leaves_of(tmp_path, town) == leaves


async def test_texts_come_back_from_an_archive_that_was_unpacked_into_the_folder(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    async with Records().of(tmp_path / "data" / "log", town.meeting.id) as held:
        assert held is not None
        files = (await beside(store, town.meeting.id, held)).files
    for path, data in files.items():
        (log_folder(tmp_path, town) / path).parent.mkdir(exist_ok=True)
        (log_folder(tmp_path, town) / path).write_bytes(data)
    forged = log_folder(tmp_path, town) / "opening" / f"{qs[3]}.json"
    forged.write_bytes(forged.read_bytes().replace(b"question 4", b"question 5"))
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    assert (await town.look(qs[0])).text == "Is this question 1?"
    assert (await town.look(qs[3])).lost  # held against its commitment, and refused
    assert (await town.look(qs[4])).note == "Not here."
    assert (await town.look(qs[6])).lost  # it waited: its text was in no archive


async def copied(store: Redis) -> dict[str, bytes]:
    """The whole store as it is now."""
    async with raw(store) as client:
        found = {str(key): await client.dump(str(key)) for key in await store.keys()}
    return {key: value for key, value in found.items() if value}  # a bucket may have ended since


async def put_back(store: Redis, copy: Mapping[str, bytes]) -> None:
    """The store is that older copy."""
    await wiped(store)
    async with raw(store) as client, client.pipeline() as pipe:
        for key, value in copy.items():
            pipe.restore(key, 0, value)
        await pipe.execute()


def raw(store: Redis) -> Redis:
    """A client that leaves bytes as they are, and waits for a busy disk: a repeated RESTORE fails."""
    path = str(store.connection_pool.connection_kwargs["path"])
    return Redis(unix_socket_path=path, decode_responses=False, socket_timeout=None)


async def test_an_older_copy_gets_what_came_after_it_and_keeps_its_words(
    store: Redis, tmp_path: Path
) -> None:
    town, qs = await busy(store, tmp_path)
    moderator, host = await town.moderator(), await town.host()
    copy = await copied(store)
    q = await town.submit(await town.attendee(), "Was this asked after the copy?")
    m = town.meeting
    await settle(sequencer_in(tmp_path), store)
    await decide.list_question(store, m, moderator, q, 1, NOW)
    await merge.split(store, m, moderator, qs[1], (await town.look(qs[1])).revision, NOW)
    await stage.answer(store, m, host, qs[3], (await town.look(qs[3])).revision, 12, "", NOW)
    await settle(sequencer_in(tmp_path), store)
    before, places, leaves = (
        await rows(store, town),
        await queues(store, town),
        leaves_of(tmp_path, town),
    )
    await put_back(store, copy)
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before
    assert await queues(store, town) == places
    assert leaves_of(tmp_path, town) == leaves
    assert (await town.look(qs[0])).text == "Is this question 1?"
    assert (await town.look(q)).lost
    history = [act.kind for act in await desk_log.history(store, m.id, qs[1])]
    assert history == ["q.received", "q.list", "q.merge", "q.split"]


async def contradicted(
    store: Redis, folder: Path
) -> tuple[Town, SignIn, str, Callable[[], Awaitable[None]]]:
    """A question that the log knows as screened out, and that an older copy of the store, put back since,
    lists and words; its moderator, and a check that it is what the log says again, with no leaf more."""
    town, qs = await busy(store, folder)
    moderator, m, q = await town.moderator(), town.meeting, qs[6]
    copy = await copied(store)
    await decide.screen_out(store, m, moderator, q, 1, "off-topic", "", None, NOW)
    await settle(sequencer_in(folder), store)
    leaves = leaves_of(folder, town)
    await put_back(store, copy)
    await decide.list_question(store, m, moderator, q, 1, NOW)
    await decide.word(store, m, moderator, q, 2, "In other words, why not?", NOW)

    async def gave_way() -> None:
        found = await town.look(q)
        assert (found.state, found.reason, found.revision) == (State.SCREENED_OUT, "off-topic", 2)
        assert leaves_of(folder, town) == leaves

    return town, moderator, q, gave_way


async def test_a_decision_made_on_an_older_copy_gives_way_to_the_record(
    store: Redis, tmp_path: Path
) -> None:
    *_, gave_way = await contradicted(store, tmp_path)
    await settle(sequencer_in(tmp_path), store)
    await gave_way()
    assert [found[1] for found in findings(tmp_path).values()] == [[]]


@pytest.mark.parametrize("turn", [3, 12, 20, 25])
async def test_killed_in_the_middle_and_begun_again_it_ends_the_same(
    store: Redis, tmp_path: Path, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = await busy(store, tmp_path)
    before, places = await rows(store, town), await queues(store, town)
    await wiped(store)
    take, turns = Replaying.take, iter(range(1000))

    async def killed(self: Replaying, *given: object, **more: object) -> Leaf:
        found = await take(self, *given, **more)  # type: ignore[arg-type]
        if next(turns) == turn:
            raise RedisError("gone")
        return found

    monkeypatch.setattr(Replaying, "take", killed)
    with pytest.raises(RedisError):
        await settle(sequencer_in(tmp_path), store)
    await settle(sequencer_in(tmp_path), store)
    assert await rows(store, town) == before
    assert await queues(store, town) == places
    acts = await desk_log.after(store, town.meeting.id, "0-0", 200)
    assert len(acts) == len(leaves_of(tmp_path, town))
