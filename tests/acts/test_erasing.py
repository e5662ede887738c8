"""Erased words are nowhere: not in the store, not in its file, not at any address; the log verifies."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from server.acts import closing, decide, erase, meetings, submit
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.sources import Folder
from server.domain.erasing import Gone
from server.domain.refusals import Refusal, Refused
from server.domain.seal import sealed
from server.store import erasing, export_files, keys, openings
from server.translog import leaf
from server.translog.note import VerifierKey
from tests.acts.building import NOW, SECRET, contents, fresh_q, live_town
from tests.sequencer.building import appealed, sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder
from tests.workers.working import Works, asked, settled
from workers.clock import Clock

CANARY = "zq-canary-erased-words"


def stored(store_url: str) -> bytes:
    """All bytes of the store's append-only file."""
    return contents(Path(store_url.removeprefix("unix://")).parent)


async def test_words_that_an_organiser_erases_are_not_even_in_the_stores_file(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    town, q = await appealed(store, tmp_path, CANARY)
    m = town.meeting
    assert CANARY.encode() in stored(store_url)
    m = await meetings.change(store, m, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, m, NOW)
    revision = (await town.look(q)).revision
    with pytest.raises(Refused) as odd:
        await erase.erase_named(store, m, 1, revision, "whim", NOW)
    assert odd.value.refusal is Refusal.BAD_INPUT
    done = await erase.erase_named(store, m, 1, revision, "law", NOW)
    assert done.rewritten and (done.question.text, done.question.gone) == ("", Gone.ERASED)
    assert CANARY.encode() not in stored(store_url)
    assert await openings.of_question(store, m.id, q) is None
    await settle(sequencer_in(tmp_path), store)
    last = leaf.parse(leaves_of(tmp_path, town)[-1])
    assert (last.kind, last.q, last.fields["basis"]) == ("q.erase", q, "law")
    folder = log_folder(tmp_path, town)
    found, key = Findings(), VerifierKey.parse((folder / "vkey").read_text().strip())
    audit(Folder(folder), key, None, [], [], int(time.time()), found, lambda *_: None)
    assert found.status() == 0 and "1 erased" in found.report(), found.report()


async def test_an_asker_erases_the_own_question_and_a_stranger_nothing(store: Redis) -> None:
    town = await live_town(store)
    asker, stranger = await town.attendee(), await town.attendee()
    question = await town.ask(asker, f"Who is {CANARY}?")
    with pytest.raises(Refused) as refused:
        await erase.erase_own(store, town.meeting, stranger, question.q, "", NOW)
    assert refused.value.refusal is Refusal.UNKNOWN
    done = await erase.erase_own(store, town.meeting, asker, question.q, "", NOW)
    assert done.question.erased == "author" and CANARY not in str(done.question)
    again = await erase.erase_own(store, town.meeting, asker, question.q, "", NOW)
    assert again.question.revision == done.question.revision


@asynccontextmanager
async def unwilling(store: Redis) -> AsyncIterator[None]:
    """A store that writes its file anew for nobody."""
    await _acl(store, "-bgrewriteaof")
    try:
        yield
    finally:
        await _acl(store, "+bgrewriteaof")


async def _acl(store: Redis, rule: str) -> None:
    await store.execute_command("ACL", "SETUSER", "default", rule)  # type: ignore[no-untyped-call]


async def test_a_rewrite_that_failed_is_told_kept_in_mind_and_done_by_the_clock(
    store: Redis, store_url: str
) -> None:
    town = await live_town(store)
    m, asker = town.meeting.id, await town.attendee()
    question = await town.ask(asker, f"Who is {CANARY}?")
    async with unwilling(store):
        done = await erase.erase_own(store, town.meeting, asker, question.q, "", NOW)
        assert not done.rewritten and CANARY.encode() in stored(store_url)
        tried, one = 0, Clock(store_url, "one")
        while not tried:  # it tries beside its steps, and changes nothing
            with capture_logs() as told:
                await one.step(store)
            tried = sum(line["event"] == "erased_words_in_store_file" for line in told)
    assert list(await erasing.owed(store, [m])) == [m]
    clock = Clock(store_url, "two")  # started anew, after whatever happened
    await store.delete(keys.CLOCK)
    async with asyncio.timeout(90):
        while await erasing.owed(store, [m]):
            await clock.step(store)
    assert CANARY.encode() not in stored(store_url)


async def test_what_a_closing_destroys_is_in_the_stores_file_no_more_whatever_fails_first(
    store: Redis, store_url: str
) -> None:
    town = await live_town(store)
    m, question = town.meeting.id, await town.ask(await town.attendee())
    who = keys.asked(m, question.asker).encode()
    meeting = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    while await closing.settle(store, meeting, NOW):
        pass
    async with unwilling(store):
        assert await closing.forget(store, meeting) == 1
        assert not await erase.settle(store, m) and who in stored(store_url)
    assert list(await erasing.owed(store, [m])) == [m]
    clock = Clock(store_url, "three")
    await store.delete(keys.CLOCK)
    async with asyncio.timeout(90):
        while await erasing.owed(store, [m]):
            await clock.step(store)
    assert who not in stored(store_url)
    await town.attendee()  # who joins afterwards, to read, asked and voted nothing
    assert await closing.forget(store, meeting) == 1 and not await erasing.owed(store, [m])


async def test_an_organiser_repeats_a_failed_rewrite_on_the_revision_seen(
    store: Redis, store_url: str
) -> None:
    town = await live_town(store)
    question = await town.ask(await town.attendee(), f"Who is {CANARY}?")
    told = (store, town.meeting, 1, question.revision, "court", NOW)
    async with unwilling(store):
        assert not (await erase.erase_named(*told)).rewritten
    done = await erase.erase_named(*told)
    assert done.rewritten and done.question.erased == "court"
    assert CANARY.encode() not in stored(store_url)
    assert not await erasing.owed(store, [town.meeting.id])


async def test_a_rewrite_pays_for_no_erasure_that_came_after_it(store: Redis) -> None:
    town = await live_town(store)
    m, asker = town.meeting.id, await town.attendee()
    questions = [await town.ask(asker, f"Who is {CANARY} {n}?") for n in range(2)]
    async with unwilling(store):
        await erase.erase_own(store, town.meeting, asker, questions[0].q, "", NOW)
        (first,) = (await erasing.owed(store, [m])).values()
        await erase.erase_own(store, town.meeting, asker, questions[1].q, "", NOW)
    assert not await erasing.paid(store, m, first)
    assert await erasing.owed(store, [m])


async def test_rewrites_at_once_all_end_and_each_begins_after_its_erasure(store: Redis) -> None:
    await store.set("filling", "x" * 1_000_000)
    assert await asyncio.gather(*(erasing.rewrite(store) for _ in range(4))) == [True] * 4


async def test_no_byte_of_the_data_folders_holds_listed_named_exported_words_or_their_salt(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    asker, salt = await town.attendee(), secrets.token_bytes(32)
    q = fresh_q()
    await submit.submit(
        *(store, town.meeting, asker),
        q=q,
        text=f"Who is {CANARY}?",
        lang="en",
        name=f"{CANARY}-name",
        via="web",
        secret=SECRET,
        now=NOW,
        seal=sealed(salt.hex(), None, None),
    )
    await settle(sequencer, store)
    moderator = await town.moderator()
    await decide.list_question(store, town.meeting, moderator, q, 1, NOW)
    await settle(sequencer, store)
    works = Works(store_url, store_url, tmp_path)
    export = await asked(store, town.meeting)
    async with works.worker():
        export = await settled(store, works.jobs_url, town.meeting, export.id)
    file = (store_url, town.meeting.id, export.id, export.sha256, 0)
    assert CANARY.encode() in await asyncio.to_thread(export_files.piece, *file)
    done = await erase.erase_own(store, town.meeting, asker, q, "", NOW)
    await settle(sequencer, store)
    assert done.rewritten and not await asyncio.to_thread(export_files.piece, *file)
    everything = stored(store_url) + contents(tmp_path)
    for secret in (CANARY.encode(), salt.hex().encode(), salt):
        assert secret not in everything
