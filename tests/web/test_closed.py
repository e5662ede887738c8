"""A meeting that has closed for good: what stays to be read, and what is forgotten."""

from __future__ import annotations

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, closing, decide, meetings, vote
from server.domain.roles import Role
from server.live.boards import Boards
from server.store import keys, typed
from tests.acts.building import NOW, PACE, Town, live_town
from tests.web.browsing import Browser, Client, staffed, until
from tests.web.test_pages import asked, joined


async def closed(town: Town) -> None:
    """Close the meeting, and give every question its end, as the clock does."""
    town.meeting = await meetings.change(
        town.store, town.meeting, {"phase": "closed"}, "org:1", NOW
    )
    while await closing.settle(town.store, town.meeting, NOW):
        pass
    await closing.forget(town.store, town.meeting)


async def test_readers_still_find_what_was_not_reached_and_never_what_nobody_reviewed(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    await town.listed(text="Was the roof ever mended?")
    await town.ask(await town.attendee(), "Did anybody read this canary?")
    reader, path = Browser(app), f"/m/{town.meeting.slug}"
    assert "the roof" in await reader.get(path)
    await closed(town)

    async def told() -> bool:
        page = await reader.get(path)
        return 'data-state="not_reached"' in page and "the roof" in page

    await until(told, "the page shows the question that was not reached")
    assert "canary" not in reader.text and 'id="listed">1<' in reader.text
    assert "the roof" in await reader.get(f"{path}?search=ROOF")
    _, board = await Client(app).send("GET", f"/meetings/{town.meeting.slug}/questions")
    assert [row["state"] for row in board["questions"]] == ["not_reached"]
    assert board["counts"]["not_reached"] == 1
    anew = await Boards(store).follow(town.meeting.id)  # as a server that starts now reads it
    assert {n: row.state for n, row in anew.rows.items()} == {1: "not_reached"}
    assert anew.counts == board["counts"]


async def who_is_who(town: Town) -> list[str]:
    """Every key that tells which sign-in, or which person, asked or voted what."""
    found, m = [], town.meeting.id
    async for key in town.store.scan_iter(f"{keys.sign_in(m, '')}*"):
        found += [key] if await typed.hget(town.store, key, "voter") else []
    async for key in town.store.scan_iter(f"{keys.asked(m, 0)[:-1]}*"):
        found.append(key)
    linking = (keys.seen_counters(m), keys.attendees(m))
    return found + [key for key in linking if await town.store.exists(key)]


async def test_closing_destroys_who_asked_and_voted_and_leaves_all_that_is_to_be_read(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store, readers="attendees")
    asker, path = await joined(app, town), f"/m/{town.meeting.slug}"
    question = await town.listed()
    voter = await admission.join(store, town.meeting, town.meeting.code, NOW)
    await vote.cast_now(store, town.meeting, voter.sign_in, 1, True, 1, "tab", PACE)
    await asked(asker, town, "Shall I see what becomes of this?")
    fate = await asker.get(f"{path}/mine")
    link = fate[fate.index(f"{path}/fate/") :].partition('"')[0]
    assert "Keep the link" in asker.text and len(await who_is_who(town)) >= 5
    await closed(town)
    assert await who_is_who(town) == []
    assert (await town.look(question.q)).votes == 1
    await asker.get(path)
    assert asker.status == 200 and "Why no chairs?" in asker.text
    page = await asker.get(f"{path}/mine")
    assert asker.status == 200 and "was destroyed" in page and "becomes of this" not in page
    stranger = await Browser(app).get(link)
    assert "becomes of this" in stranger and "before anybody looked at it" in stranger
    client, at = Client(app, voter.token), f"/meetings/{town.meeting.slug}"
    for method, rest, body in (
        ("GET", "/mine", None),
        ("GET", "/votes", None),
        ("POST", "/votes", {"n": 1, "on": True, "c": 9}),
    ):
        status, told = await client.send(method, f"{at}{rest}", body)
        assert (status, told["error"]["code"]) == (409, "closed"), rest
        assert "destroyed" in told["error"]["message"]


async def test_nothing_is_forgotten_before_every_question_has_its_end(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    town.meeting = await meetings.change(store, town.meeting, {"phase": "closed"}, "org:1", NOW)
    await store.zadd(keys.waiting(town.meeting.id), {"A" * 22: 1})  # one without a number yet
    assert await closing.forget(store, town.meeting) == 0 and await who_is_who(town)
    await store.zrem(keys.waiting(town.meeting.id), "A" * 22)
    assert await closing.forget(store, town.meeting) == 1
    assert await admission.standing(store, town.meeting.id, {asker.key})
    await town.attendee()  # who joins afterwards, to read, is forgotten by the next round
    assert await closing.forget(store, town.meeting) == 1
    assert await who_is_who(town) == [] and await closing.forget(store, town.meeting) == 0


async def test_the_desk_of_a_closed_meeting_offers_no_act_and_its_stage_says_that_it_closed(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    moderator = await town.moderator()
    out = await town.ask(await town.attendee())
    await decide.screen_out(store, town.meeting, moderator, out.q, 1, "unclear", "", None, NOW)
    path = f"/m/{town.meeting.slug}"
    desk, reader = await staffed(app, town, Role.MODERATOR), Browser(app)
    at = f"{path}/desk?queue=screened_out"
    assert 'data-act="reverse"' in await desk.get(at)
    assert "No question is on air" in await reader.get(f"{path}/stage")
    await closed(town)
    assert "data-act" not in await desk.get(at) and 'id="open-reason"' in desk.text
    stage = (await reader.get(f"{path}/stage")).partition('id="sentences"')[0]
    assert "The meeting has closed" in stage and "is on air" not in stage
    assert 'class="next" hidden' in stage


def shown(page: str) -> str:
    """What a page shows: what is between its header and its footer."""
    return page.partition("<main")[2].partition("</main>")[0]


async def test_every_page_of_a_closed_meeting_says_so_and_leads_to_what_was_asked(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    path, reader = f"/m/{town.meeting.slug}", Browser(app)
    host, desk = await staffed(app, town, Role.HOST), await staffed(app, town, Role.MODERATOR)
    assert "The meeting has closed" not in shown(await reader.get(f"{path}/join"))
    assert "appears here by itself" in await desk.get(f"{path}/desk")
    await closed(town)
    hosting = shown(await host.get(f"{path}/host"))
    assert "The meeting has closed" in hosting and "Moderators line questions up" not in hosting
    joining = shown(await reader.get(f"{path}/join"))
    assert "The meeting has closed" in joining and f'href="{path}"' in joining
    assert "appears here by itself" not in await desk.get(f"{path}/desk")


async def test_the_record_names_its_meeting(store: Redis, app: Quart) -> None:
    town, reader = await live_town(store, title="Harbour hall"), Browser(app)
    path = f"/m/{town.meeting.slug}"
    for page in ("screened-out", "answers", "policy"):
        back = f'<a href="{path}"><bdi dir="auto">Harbour hall</bdi></a>'
        assert back in shown(await reader.get(f"{path}/{page}"))
