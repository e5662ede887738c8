"""The API of the desk and the stage, as moderators, a host and an asker use it."""

from __future__ import annotations

from typing import Any

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, appeal, staff
from server.domain.question import State
from server.domain.roles import Role
from tests.acts.building import NOW, Town, fresh_q, live_town
from tests.web.browsing import Client


async def client_of(app: Quart, town: Town, role: Role) -> Client:
    link = await staff.invite(town.store, town.meeting, role, NOW)
    return Client(app, (await staff.redeem_invitation(town.store, town.meeting, link, NOW)).token)


async def asker_of(app: Quart, town: Town) -> Client:
    return Client(
        app, (await admission.join(town.store, town.meeting, town.meeting.code, NOW)).token
    )


async def sent(client: Client, town: Town, rest: str, **body: Any) -> tuple[int, Any]:
    return await client.send("POST", f"/meetings/{town.meeting.slug}/{rest}", body)


async def test_a_question_goes_all_the_way_to_its_answer(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator = await client_of(app, town, Role.MODERATOR)
    host = await client_of(app, town, Role.HOST)
    head, copy = await town.listed(), await town.listed(text="Why are there no chairs?")
    at = f"questions/{copy.q}"
    status, told = await sent(moderator, town, f"{at}/merge", revision=copy.revision, into=1)
    assert (status, told["state"]) == (200, "merged")
    status, told = await sent(moderator, town, f"{at}/merge", revision=copy.revision, into=1)
    assert (status, told["error"]["code"]) == (409, "contended")
    status, told = await sent(
        moderator,
        town,
        f"questions/{head.q}/word",
        revision=head.revision + 1,
        wording="Chairs when?",
    )
    assert status == 200
    assert (await sent(moderator, town, "line", revision=0, numbers=[1]))[0] == 200
    assert (await sent(host, town, "line", revision=1, numbers=[]))[0] == 403
    status, aired = await sent(host, town, "line/next")
    assert (status, aired["state"]) == (200, "on_air")
    status, line = await host.send("GET", f"/meetings/{town.meeting.slug}/line")
    assert line["on_air"]["wording"] == "Chairs when?" and line["next"] == []
    status, told = await sent(
        host, town, f"questions/{head.q}/answer", revision=aired["revision"], stream_s=90
    )
    assert (status, told["state"]) == (200, "answered")


async def test_an_asker_appeals_once_and_another_moderator_judges(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    first = await client_of(app, town, Role.MODERATOR)
    second = await client_of(app, town, Role.MODERATOR)
    asker, q = await asker_of(app, town), fresh_q()
    await sent(asker, town, "questions", q=q, text="May we have tea in hall 3?")
    at = f"questions/{q}"
    status, _ = await sent(first, town, f"{at}/screen", revision=1, reason="off-topic")
    assert status == 200
    status, waiting = await sent(asker, town, f"{at}/appeal", why="Tea is work.")
    assert status == 200
    assert (await sent(asker, town, f"{at}/appeal"))[1]["error"]["code"] == "used"
    revision = waiting["revision"]
    status, told = await sent(first, town, f"{at}/judge", revision=revision, overturn=True)
    assert (status, told["error"]["code"]) == (403, "forbidden")
    status, told = await sent(second, town, f"{at}/judge", revision=revision, overturn=True)
    assert (status, told["state"]) == (200, "listed")


async def test_the_desk_offers_an_appeal_to_those_who_may_judge_it_alone(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    asker, first = await town.attendee(), await client_of(app, town, Role.MODERATOR)
    found = await town.ask(asker)
    await sent(first, town, f"questions/{found.q}/screen", revision=1, reason="off-topic")
    await appeal.appeal(store, town.meeting, asker, found.q, "", NOW)
    # The only moderator is no stranger to it, yet nobody else could judge.
    assert await judging(first, town)
    second = await client_of(app, town, Role.MODERATOR)
    assert await judging(second, town) and not await judging(first, town)


async def judging(client: Client, town: Town) -> bool:
    """Whether the desk shows its reader the two acts on an appeal, without any script."""
    page = await client.page(f"/m/{town.meeting.slug}/desk?queue=appeals")
    hidden = [f'data-act="{act}" hidden' in page for act in ("overturn", "uphold")]
    assert 'id="open-appeal"><b>' in page
    return hidden == [False, False]


async def test_sent_back_with_a_hint_the_asker_alone_may_follow(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator, asker = await client_of(app, town, Role.MODERATOR), await asker_of(app, town)
    q = fresh_q()
    await sent(asker, town, "questions", q=q, text="When will it happen at last?")
    status, told = await sent(
        moderator, town, f"questions/{q}/send-back", revision=1, hint="Say what you mean by it."
    )
    assert (status, told["state"]) == (200, "sent_back")
    stranger, after = await asker_of(app, town), fresh_q()
    words = "When will the heating work at last?"
    status, _ = await sent(stranger, town, "questions", q=after, text=words, after=1)
    assert status == 404
    status, told = await sent(asker, town, "questions", q=after, text=words, after=1)
    assert (status, told["number"]) == (201, 2)


async def test_a_vote_for_a_merged_one_goes_to_its_head(store: Redis, app: Quart) -> None:
    town = await live_town(store)
    moderator, voter = await client_of(app, town, Role.MODERATOR), await asker_of(app, town)
    head, copy = await town.listed(), await town.listed(text="Why are there no chairs?")
    at = f"questions/{copy.q}"
    await sent(moderator, town, f"{at}/merge", revision=copy.revision, into=1)
    status, told = await sent(voter, town, "votes", n=2, on=True, c=1)
    assert (status, told["n"], told["votes"]) == (200, 1, 1)
    assert (await town.look(head.q)).votes == 1


async def test_split_first_then_screened_out_is_one_request_that_does_all_or_nothing(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    moderator = await client_of(app, town, Role.MODERATOR)
    head, copy = await town.listed(), await town.listed(text="Why are there no chairs?")
    await sent(moderator, town, f"questions/{copy.q}/merge", revision=copy.revision, into=1)
    at, revision = f"questions/{head.q}/screen", (await town.look(head.q)).revision
    lacking = {"revision": revision, "reason": "duplicate", "first": "split"}
    status, told = await sent(moderator, town, at, **lacking)
    assert (status, told["error"]["code"]) == (400, "target_needed")
    assert (await town.look(copy.q)).state is State.MERGED
    status, told = await sent(moderator, town, at, **{**lacking, "reason": "abusive"})
    assert (status, told["state"]) == (200, "screened_out")
    assert (await town.look(copy.q)).state is State.LISTED
