"""Reasons may be edited and removed in a running meeting: decisions keep the sentence of their time."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, meetings
from server.domain.ids import digest, fate_capability
from server.domain.refusals import Refusal, Refused
from server.store import keys
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser

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
