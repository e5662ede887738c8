"""Merging by a plain form: the difference of two texts is shown before they become one question."""

from __future__ import annotations

import re

from quart import Quart
from redis.asyncio import Redis

from server.acts import decide
from server.domain.question import State
from server.domain.roles import Role
from server.store.question_rows import Question
from tests.acts.building import NOW, Town, live_town
from tests.web.browsing import Browser, staffed

HEAD = "Will the <canteen> close in March?"
DENIED = "Will the <canteen> not close in April?"


async def merge(browser: Browser, town: Town, q: Question, into: int | str, seen: str = "") -> None:
    """Send the open question's merge form, as it stands, with the number in it."""
    await browser.post(
        f"/m/{town.meeting.slug}/desk/merge?queue=waiting",
        q=q.q,
        n=str(q.number),
        revision=str(q.revision),
        into=str(into),
        seen=seen,
    )


def shown(browser: Browser) -> str:
    """The fold of the merge as the page has it."""
    found = re.search(r'<details[^>]*data-fold="merge"[^>]*>.*?</details>', browser.text, re.S)
    assert found is not None
    return found[0]


def seen_of(browser: Browser) -> str:
    """The number whose difference this page shows, '' where it shows none."""
    found = re.search(r'name="seen" value="(\d+)"', browser.text)
    return found[1] if found else ""


async def listed_and_waiting(town: Town, *waiting: str) -> list[Question]:
    """No. 1 is listed; these wait."""
    await town.listed(text=HEAD)
    return [await town.ask(await town.attendee(), text) for text in waiting]


async def test_a_plain_merge_shows_the_difference_first_and_merges_when_sent_again(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    (denied,) = await listed_and_waiting(town, DENIED)
    browser = await staffed(app, town, Role.MODERATOR)
    assert 'id="merge-diff" hidden' in shown(browser) and seen_of(browser) == ""
    await merge(browser, town, denied, 1)
    assert browser.status == 200 and "Nothing is merged yet" in browser.text
    fold = shown(browser)
    assert "differ in a negation, a date." in fold and " open>" in fold
    assert "<span>Will the &lt;canteen&gt;</span> <ins>not</ins> <span>close in</span>" in fold
    assert "<del>March?</del> <ins>April?</ins>" in fold and "autofocus" in fold
    assert (await town.look(denied.q)).state is State.RECEIVED
    await merge(browser, town, denied, 1, seen_of(browser))
    assert (await town.look(denied.q)).state is State.MERGED
    assert "Nothing is merged yet" not in browser.text


async def test_what_was_shown_of_one_question_confirms_no_other(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    denied, other = await listed_and_waiting(town, DENIED, "Who plans the summer party?")
    browser, by = await staffed(app, town, Role.MODERATOR), await town.moderator()
    await decide.list_question(store, town.meeting, by, other.q, other.revision, NOW)
    await merge(browser, town, denied, 1)
    await merge(browser, town, denied, other.number or 0, seen_of(browser))
    assert seen_of(browser) == str(other.number) and "<del>Who plans" in shown(browser)
    assert (await town.look(denied.q)).state is State.RECEIVED


async def test_the_same_words_are_merged_at_once_and_what_cannot_be_is_refused_in_words(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    copy, waits = await listed_and_waiting(town, HEAD.upper(), DENIED)
    browser = await staffed(app, town, Role.MODERATOR)
    for into, words in (
        (99, "There is no question no. 99"),
        (copy.number, "cannot be merged into itself"),
        (waits.number, "still waits"),
        ("one", "must be a whole number"),
    ):
        await merge(browser, town, copy, into or 0)
        assert browser.status >= 400 and words in browser.text, into
        assert seen_of(browser) == "" and (await town.look(copy.q)).state is State.RECEIVED
    await merge(browser, town, copy, 1)
    assert browser.status == 200 and (await town.look(copy.q)).state is State.MERGED
