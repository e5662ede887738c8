"""The desk without scripts under a flood: each list is drawn a run at a time, and led through to its end."""

from __future__ import annotations

import html
import re

from quart import Quart
from redis.asyncio import Redis

from server.acts import decide, desk
from server.domain.question import State
from server.domain.roles import Role
from tests.acts.building import NOW, live_town
from tests.web.browsing import Browser, staffed
from workers.analysis.job import analyse

SAME = "Will the canteen in the north building open again this year?"


def part(text: str, kind: str, name: str) -> str:
    """What stands between the tags of the element with this id."""
    found = re.search(rf'<{kind}[^>]* id="{name}"[^>]*>(.*?)</{kind}>', text, re.S)
    assert found is not None, name
    return found[1]


def numbers(text: str, name: str) -> list[int]:
    """The numbers of the questions that a list of the page draws."""
    return [int(n) for n in re.findall(r'class="number"[^>]*>(\d+)<', part(text, "ol", name))]


async def walked(browser: Browser, name: str, query: str) -> list[list[int]]:
    """The runs of a list from the page that is open to its end, by the links that lead on."""
    runs = [numbers(browser.text, name)]
    while True:
        links = re.findall(r'href="(\?[^"]*)"', browser.text)
        begins = {html.unescape(link) for link in links if f"{query}=" in link}
        ahead = [link for link in begins if at_place(link, query) >= sum(map(len, runs))]
        if not ahead:
            return runs
        (link,) = ahead
        await browser.get(f"{browser_path(browser)}{link.partition('#')[0]}")
        runs.append(numbers(browser.text, name))


def at_place(link: str, query: str) -> int:
    return int(re.findall(rf"[?&]{query}=(\d+)", link)[0])


def browser_path(browser: Browser) -> str:
    found = re.search(r'action="(/m/[^/]+/desk)/', browser.text)
    assert found is not None
    return found[1]


async def send(browser: Browser, act: str) -> None:
    """Send a form of the open question as it stands in the page."""
    form = re.search(
        rf'<form[^>]*data-act="{act}"[^>]* action="([^"]+)">(.*?)</form>', browser.text, re.S
    )
    assert form is not None
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2])
    told = {name: html.unescape(value) for name, value in fields if name != "csrf"}
    await browser.post(html.unescape(form[1]), None, **told)


async def test_a_campaign_is_merged_by_a_plain_form_and_told_what_is_left(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    for words in (SAME, SAME, f"{SAME}!", f"{SAME} Nobody tells us."):
        await town.ask(await town.attendee(), words)
    await town.ask(await town.attendee(), "Who plans the summer party?")
    await analyse(store, town.meeting.id)
    browser = await staffed(app, town, Role.MODERATOR)
    assert numbers(browser.text, "desk-rows") == [1, 5] and "asked by 4<" in browser.text
    assert numbers(browser.text, "copy-rows") == [2, 3, 4]
    assert "merged into this one: 2," in part(browser.text, "p", "copies-told")
    assert "left out: 1 (no. 4)" in part(browser.text, "p", "copies-left")
    await send(browser, "merge_copies")
    assert browser.status == 200 and numbers(browser.text, "member-rows") == [2, 3]
    assert part(browser.text, "a", "open-n") == "no. 1" and "Merged into it: 2" in browser.text
    assert "Copies waiting: 1" in browser.text and numbers(browser.text, "copy-rows") == [4]
    assert '<button class="act" type="submit" disabled>' in part(
        browser.text, "details", "merge-copies"
    )
    found = {q.number: q.state for q in (await desk.look(store, town.meeting.id)).questions}
    merged, alone = State.MERGED, State.RECEIVED
    assert found == {1: State.LISTED, 2: merged, 3: merged, 4: alone, 5: alone}


async def test_a_refused_form_comes_back_open_with_what_is_the_same_now(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    _, two, _ = [await town.ask(await town.attendee(), SAME) for _ in range(3)]
    await analyse(store, town.meeting.id)
    browser, other = await staffed(app, town, Role.MODERATOR), await town.moderator()
    await decide.screen_out(
        store, town.meeting, other, two.q, two.revision, "unclear", "", None, NOW
    )
    await send(browser, "merge_copies")
    assert browser.status == 409 and "Nothing was merged or listed" in browser.text
    assert 'id="merge-copies" open>' in browser.text
    assert "merged into this one: 1," in part(browser.text, "p", "copies-told")
    await send(browser, "merge_copies")
    assert browser.status == 200 and numbers(browser.text, "member-rows") == [3]


async def test_a_list_of_copies_that_is_none_is_refused_in_words(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    one = await town.ask(await town.attendee(), SAME)
    browser = await staffed(app, town, Role.MODERATOR)
    act = f"/m/{town.meeting.slug}/desk/merge_copies"
    twice = f'[{{"q": "{one.q}", "revision": 1}}], "revision": 2'
    for odd in ("", "[", "[]", "{}", '["x"]', "[" * 40, twice):
        await browser.post(act, q=one.q, n="1", revision="1", copies=odd)
        assert browser.status == 400 and 'id="desk-error"' in browser.text, odd
    assert (await town.look(one.q)).state is State.RECEIVED


async def test_copies_and_members_beyond_one_run_are_walked_to_their_end(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    for _ in range(231):
        await town.ask(await town.attendee(), SAME)
    await analyse(store, town.meeting.id)
    browser = await staffed(app, town, Role.MODERATOR)
    assert numbers(browser.text, "desk-rows") == [1]
    assert "wait for the next time: 30." in part(browser.text, "p", "copies-told")
    runs = await walked(browser, "copy-rows", "copies")
    assert [len(run) for run in runs] == [200, 30]
    assert [n for run in runs for n in run] == list(range(2, 232))
    await send(browser, "merge_copies")  # the run that is open: the last thirty
    assert "Merged into it: 30" in browser.text and "Copies waiting: 200" in browser.text
    await send(browser, "merge_copies")
    assert "Merged into it: 230" in browser.text
    runs = await walked(browser, "member-rows", "members")
    assert [len(run) for run in runs] == [50, 50, 50, 50, 30]
    assert sorted(n for run in runs for n in run) == list(range(2, 232))


async def test_a_long_queue_is_walked_and_decided_on_where_one_stands(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    for n in range(1, 131):
        await town.ask(asker, f"What is question {n} about?")
    browser = await staffed(app, town, Role.MODERATOR)
    runs = await walked(browser, "desk-rows", "from")
    assert [len(run) for run in runs] == [60, 60, 10]
    assert [n for run in runs for n in run] == list(range(1, 131))
    assert part(browser.text, "a", "open-n") == "no. 121"
    await send(browser, "list")
    assert numbers(browser.text, "desk-rows") == list(range(122, 131))
    assert part(browser.text, "a", "open-n") == "no. 122"


async def test_the_most_asked_stand_first_where_that_is_chosen(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    for words in ("Who plans the summer party?", SAME, SAME, SAME):
        await town.ask(await town.attendee(), words)
    await analyse(store, town.meeting.id)
    browser = await staffed(app, town, Role.MODERATOR)
    assert numbers(browser.text, "desk-rows") == [1, 2]
    await browser.get(f"/m/{town.meeting.slug}/desk?queue=waiting&by=askers")
    assert numbers(browser.text, "desk-rows") == [2, 1]
    assert part(browser.text, "a", "open-n") == "no. 2"
