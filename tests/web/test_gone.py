"""Where words were erased or lost, every page says so in its reader's language, and no bare mark stands."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, erase, merge, staff, stage
from server.catalogue import catalogue
from server.domain.roles import Role
from server.store import keys
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser, Client, staffed, until

CANARY = "zq-canary-gone"
SAID = {
    lang: [catalogue(lang)[f"js.gone_{why}"] for why in ("erased", "lost")] for lang in ("en", "de")
}


async def _lost(town: Town, question: Question) -> None:
    """As a rebuilt store has it: no text, no salt."""
    row = keys.question(town.meeting.id, question.q)
    await town.store.hset(row, mapping={"text": "", "salt": "", "lang": "und", "lost": "1"})


async def gone_town(store: Redis) -> Town:
    """Number 1 erased and listed, 2 lost and merged into 3, 3 lost and listed, 4 lost and answered,
    5 erased and on air, 6 lost and waiting."""
    town = await live_town(store)
    m, by = town.meeting, await town.moderator()
    made = [await town.listed(text=f"Who is {CANARY} {n}?") for n in range(1, 6)]
    waiting = await town.ask(await town.attendee(), f"Who is {CANARY} 6?")
    await merge.merge(store, m, by, made[1].q, made[1].revision, 3, NOW)
    await stage.answer(store, m, by, made[3].q, made[3].revision, 5, "In June.", NOW)
    await stage.pick(store, m, by, made[4].q, made[4].revision, NOW)
    for n in (1, 5):
        await erase.erase_named(store, m, n, (await town.look(made[n - 1].q)).revision, "law", NOW)
    for question in (*made[1:4], waiting):
        await _lost(town, question)
    await store.hset(keys.meeting(m.id), "epoch", "another")
    return town


def _shown(page: str) -> str:
    """What people read of a page: without the scripts' data."""
    return html.unescape(re.sub(r"<script.*?</script>", "", page, flags=re.S))


@pytest.mark.parametrize("lang", ["en", "de"])
async def test_every_page_says_it_in_its_readers_language(
    store: Redis, app: Quart, lang: str
) -> None:
    town = await gone_town(store)
    reader, at = Browser(app), f"/m/{town.meeting.slug}"
    desk, host = [await staffed(app, town, role) for role in (Role.MODERATOR, Role.HOST)]
    erased, lost = SAID[lang]
    other = SAID["de" if lang == "en" else "en"]

    async def told() -> bool:
        return erased in _shown(await reader.get(f"{at}?lang={lang}"))

    await until(told, "the board shows what was erased")
    for browser, path, wanted in (
        (reader, at, {erased: 2, lost: 2}),  # listed, on air; the head, and the answered one
        (reader, f"{at}/q/1", {erased: 1, lost: 0}),
        (reader, f"{at}/q/3", {erased: 0, lost: 2}),  # with its member
        (reader, f"{at}/q/5", {erased: 1, lost: 0}),
        (reader, f"{at}/answers", {erased: 0, lost: 1}),
        (reader, f"{at}/stage", {erased: 2, lost: 1}),
        (reader, f"{at}/stage?overlay=1", {erased: 1, lost: 0}),
        (host, f"{at}/host", {erased: 2, lost: 1}),
        (desk, f"{at}/desk", {erased: 0, lost: 2}),  # in the list, and open
        (desk, f"{at}/desk?queue=listed", {erased: 3, lost: 1}),
        (desk, f"{at}/desk/log?n=4", {erased: 0, lost: 3}),
    ):
        page = _shown(await browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}"))
        assert browser.status == 200
        assert {words: page.count(words) for words in wanted} == wanted, path
        assert not [words for words in other if words in page], path
        assert not re.search(rf"\[(erased|text lost)|{CANARY}", browser.text), path


async def test_the_boards_rows_and_the_api_tell_it_as_a_value(store: Redis, app: Quart) -> None:
    town = await gone_town(store)
    slug = town.meeting.slug
    page = await Browser(app).get(f"/m/{slug}")
    found = re.search(r'<script type="application/json" id="snapshot">(.*?)</script>', page, re.S)
    assert found
    rows: list[dict[str, Any]] = json.loads(found[1])["rows"]
    gone = {1: "erased", 3: "lost", 4: "lost", 5: "erased"}
    assert {row["n"]: (row["gone"], row["text"]) for row in rows} == {
        n: (why, "") for n, why in gone.items()
    }
    invitation = await staff.invite(store, town.meeting, Role.MODERATOR, NOW)
    by = Client(app, (await staff.redeem_invitation(store, town.meeting, invitation, NOW)).token)
    told = (await by.send("GET", f"/meetings/{slug}/questions"))[1]["questions"]
    assert {row["n"]: row["gone"] for row in told} == gone
    waits = (await by.send("GET", f"/meetings/{slug}/waiting"))[1]["questions"]
    assert [(row["number"], row["gone"], row["text"]) for row in waits] == [(6, "lost", "")]
    desk = (await by.send("GET", f"/meetings/{slug}/desk"))[1]["questions"]
    assert {row["n"]: row["gone"] for row in desk} == {**gone, 2: "lost", 6: "lost"}


async def test_what_a_moderator_worded_stands_in_the_place_of_a_lost_text(
    store: Redis, app: Quart
) -> None:
    town = await gone_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    asked = await town.ask(joined.sign_in, f"Who is {CANARY} 7?")
    await _lost(town, asked)
    await store.hset(keys.question(town.meeting.id, asked.q), "wording", "Who sits there?")
    mine = (await Client(app, joined.token).send("GET", f"/meetings/{town.meeting.slug}/mine"))[1]
    assert [(row["gone"], row["text"]) for row in mine["questions"]] == [("lost", "")]
    desk = await staffed(app, town, Role.MODERATOR)
    page = _shown(await desk.get(f"/m/{town.meeting.slug}/desk?n=7"))
    assert page.count("Who sits there?") == 3  # in the list, as the wording, and to word it anew
    assert page.count(SAID["en"][1]) == 2  # number 6 in the list, and what its asker wrote
