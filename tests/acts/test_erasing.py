"""Erased words are nowhere: not in the store, not in its file, not at any address; the log verifies."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.acts import appeal, closing, decide, erase, meetings
from server.audit.findings import Findings
from server.audit.main import audit
from server.audit.sources import Folder
from server.domain.refusals import Refusal, Refused
from server.store import openings
from server.translog import leaf
from server.translog.note import VerifierKey
from tests.acts.building import NOW, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_meeting import leaves_of, log_folder

CANARY = "zq-canary-erased-words"


def stored(store_url: str) -> bytes:
    """All bytes of the store's append-only file."""
    folder = Path(store_url.removeprefix("unix://")).parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


async def test_words_that_an_organiser_erases_are_not_even_in_the_stores_file(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    town, sequencer = await live_town(store), sequencer_in(tmp_path)
    asker, moderator = await town.attendee(), await town.moderator()
    q = await town.submit(asker, f"Who is {CANARY}?")
    await settle(sequencer, store)
    m = town.meeting
    await decide.screen_out(store, m, moderator, q, 1, "unclear", f"{CANARY} note", None, NOW)
    await appeal.appeal(store, m, asker, q, f"But {CANARY}.", NOW)
    assert CANARY.encode() in stored(store_url)
    m = await meetings.change(store, m, {"phase": "closed"}, "org:1", NOW)
    await closing.settle(store, m, NOW)
    revision = (await town.look(q)).revision
    with pytest.raises(Refused) as odd:
        await erase.erase_named(store, m, 1, revision, "whim", NOW)
    assert odd.value.refusal is Refusal.BAD_INPUT
    done = await erase.erase_named(store, m, 1, revision, "law", NOW)
    assert done.rewritten and done.question.text == "[erased: law]"
    assert CANARY.encode() not in stored(store_url)
    assert await openings.of_question(store, m.id, q) is None
    await settle(sequencer, store)
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
