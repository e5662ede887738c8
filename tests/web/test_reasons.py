"""Reasons may be edited and removed in a running meeting: decisions keep the sentence of their time."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, meetings
from server.catalogue import NAMES, catalogue
from server.domain.ids import digest, fate_capability
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.domain.screening import SKIP_REASONS, STARTING_REASONS
from server.store import keys
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser, staffed

FIRST, SECOND = "Nobody could follow it.", "Please say it in other words."


def reason(code: str, sentence: str) -> dict[str, Any]:
    """A line of the list, as the API takes it."""
    return {"code": code, "sentence": sentence, "withholds": False, "needs_target": False}


async def listed(town: Town, **sentences: str) -> None:
    """Give the meeting this list of reasons."""
    rows = [reason(code, sentence) for code, sentence in sentences.items()]
    town.meeting = await meetings.change(town.store, town.meeting, {"reasons": rows}, "org:1", NOW)


async def out(town: Town, code: str) -> Question:
    """A question that was screened out with this reason."""
    question = await town.ask(await town.attendee())
    moderator = await town.moderator()
    return await decide.screen_out(
        town.store, town.meeting, moderator, question.q, 1, code, "", None, NOW
    )


async def test_a_decision_keeps_its_sentence_when_the_reason_is_edited_or_removed(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await listed(town, muddled=FIRST, other="Something else.")
    first = await out(town, "muddled")
    await listed(town, muddled=SECOND, other="Something else.")
    town.meeting = await meetings.change(store, town.meeting, {"title": "Renamed"}, "org:1", NOW)
    second = await out(town, "muddled")
    await listed(town, other="Something else.")
    with pytest.raises(Refused) as refused:
        await out(town, "muddled")
    assert refused.value.refusal is Refusal.REASON_UNKNOWN
    await town.published()
    reader, path = Browser(app), f"/m/{town.meeting.slug}"
    for question, said, unsaid in ((first, FIRST, SECOND), (second, SECOND, FIRST)):
        fate = fate_capability(b"w" * 32, town.meeting.id, question.q)
        await store.hset(keys.fates(town.meeting.id), digest(fate), question.q)
        for page in (f"/q/{question.number}", f"/fate/{fate}"):
            html = await reader.get(f"{path}{page}")
            assert reader.status == 200 and said in html and unsaid not in html, page
    await town.published()
    record = await reader.get(f"{path}/screened-out")
    assert FIRST in record and SECOND in record and ">muddled<" in record.replace("\n", "")
    for page in ("/screened-out.json", "/screened-out.csv"):
        told = await reader.get(f"{path}{page}")
        assert FIRST in told and SECOND in told


async def test_the_reasons_of_a_reversed_decision_are_not_the_questions_any_more(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    gone = await out(town, "unclear")
    assert gone.sentence
    moderator = await town.moderator()
    back = await decide.list_question(store, town.meeting, moderator, gone.q, gone.revision, NOW)
    assert (back.reason, back.sentence) == (None, "")


def test_each_reason_that_meetings_begin_with_has_a_name_in_each_language() -> None:
    codes = [*(reason.code for reason in STARTING_REASONS), *SKIP_REASONS]
    for lang in NAMES:
        named = [catalogue(lang)[f"js.reason_{code}"] for code in codes]
        assert len(set(named)) == len(codes), lang


async def test_a_reader_reads_the_names_of_reasons_and_a_meetings_own_codes(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await out(town, "unclear")
    back = await out(town, "unclear")
    await decide.list_question(
        store, town.meeting, await town.moderator(), back.q, back.revision, NOW
    )
    await listed(town, parking="Ask the car park.", unclear="Nobody could follow it.")
    await out(town, "parking")
    await town.published()
    path = f"/m/{town.meeting.slug}"
    reader, moderator = Browser(app), await staffed(app, town, Role.MODERATOR)
    record = await reader.get(f"{path}/screened-out?lang=de")
    at = [record.index(f">{name} <span") for name in ("parking", "unklar", "zurückgenommen")]
    assert at == sorted(at) and "reason=unclear" in record and ">unclear" not in record
    assert 'class="reason">unklar<' in await reader.get(f"{path}/q/1?lang=de")
    assert "<dt>unklar<" in (await reader.get(f"{path}/policy?lang=de")).replace("\n", "")
    desk = await moderator.get(f"{path}/desk?queue=screened_out&n=1&lang=de")
    assert '<span class="value">unklar</span>' in desk
    log = await moderator.get(f"{path}/desk/log?reason=unclear&lang=de")
    assert '<option value="unclear" selected>unklar<' in log and log.count(">unklar</span>") == 2
    assert '<option value="gone" selected>gone<' in await moderator.get(
        f"{path}/desk/log?reason=gone"
    )
