"""The organiser's page on which a question's words are erased, and what is left at their address."""

from __future__ import annotations

from pathlib import Path

from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, decide, erase, staff
from server.domain.roles import Role
from server.translog.checkpoint import log_id
from tests.acts.building import NOW, Town, live_town
from tests.sequencer.building import sequencer_in, settle
from tests.web.browsing import Browser, Client, staffed
from tests.web.organising import organising
from tests.web.test_told_record import site

CANARY = "zq-canary-erased-words"


async def test_an_organiser_names_a_ground_confirms_and_the_text_is_gone_everywhere(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer, app = await live_town(store), sequencer_in(tmp_path), site(store, tmp_path)
    q = await town.submit(await town.attendee(), f"Who is {CANARY}?")
    await settle(sequencer, store)
    moderator = await town.moderator()
    await decide.screen_out(store, town.meeting, moderator, q, 1, "unclear", "", None, NOW)
    await settle(sequencer, store)
    browser = await organising(app, store)
    at, record = f"/m/{town.meeting.slug}/organise/erase", f"/m/{town.meeting.slug}/screened-out"
    assert "There is no question with this number" in await browser.get(f"{at}?n=9")
    assert CANARY in await browser.get(f"{at}?n=1")
    page = await browser.post(at, None, n="1", revision="1", basis="law")
    assert browser.status == 409 and CANARY in page  # decided on since: look again
    page = await browser.post(at, None, n="1", revision="2", basis="law")
    assert browser.status == 200 and "are erased" in page and "written anew" in page
    await settle(sequencer, store)
    for path in (record, f"{record}.json", f"{record}.csv", f"/m/{town.meeting.slug}/q/1"):
        told = await Browser(app).get(path)
        assert CANARY not in told and "law" in told, path
        erased = told.partition('id="sentences"')[0]
        erased = erased[erased.rindex("rased") :]
        assert "the organiser" in erased and "the asker" not in erased, path
    log = await (await staffed(app, town, Role.AUDITOR)).get(f"/m/{town.meeting.slug}/desk/log")
    assert "Erased</b>: a law demands it" in log
    told = await Browser(app).get(f"/m/{town.meeting.slug}/q/1?lang=de")
    assert "Text gelöscht</b>: ein Gesetz verlangt es" in told
    await browser.get(f"/log/{log_id(town.meeting.id)}/opening/{q}.json")
    assert browser.status == 410 and "law" in browser.text


async def test_in_a_meeting_without_a_log_an_erasure_is_told_the_same(
    store: Redis, tmp_path: Path
) -> None:
    town = await live_town(store)
    question = await town.listed(text=f"Who is {CANARY}?")
    await erase.erase_named(store, town.meeting, 1, question.revision, "court", NOW)
    page = await Browser(site(store, tmp_path)).get(f"/m/{town.meeting.slug}/q/1")
    assert "Text erased</b>: a court ordered it" in page and "the organiser" in page
    assert CANARY not in page and "The text was erased" in page


async def test_a_withheld_text_that_was_erased_is_answered_as_gone(
    store: Redis, tmp_path: Path
) -> None:
    town, sequencer, app = await live_town(store), sequencer_in(tmp_path), site(store, tmp_path)
    q = await town.submit(await town.attendee(), f"Where does {CANARY} live?")
    await settle(sequencer, store)
    moderator, m = await town.moderator(), town.meeting
    out = await decide.screen_out(store, m, moderator, q, 1, "personal-data", "", None, NOW)
    await settle(sequencer, store)
    where, browser = f"/log/{log_id(m.id)}/opening/{q}.json", Browser(app)
    await browser.get(where)
    assert browser.status == 403
    await erase.erase_named(store, m, 1, out.revision, "law", NOW)
    await browser.get(where)
    assert browser.status == 410


async def test_organiser_and_asker_erase_by_the_api(app: Quart, store: Redis) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    questions = [await town.ask(joined.sign_in, f"Who is {CANARY} {n}?") for n in range(2)]
    asker, path = Client(app, joined.token), f"/meetings/{town.meeting.slug}"
    first = f"{path}/questions/{questions[0].q}/erase"
    assert (await Client(app, await _token(town)).send("POST", first))[0] == 404
    status, told = await asker.send("POST", first)
    assert status == 200 and told["basis"] == "author" and told["rewritten"] is True
    assert (await asker.send("POST", first))[1] == told  # sent again, it is done once
    organiser = Client(app, await _token(town, Role.ORGANISER))
    named = {"n": 2, "revision": questions[1].revision, "basis": "court"}
    status, refused = await organiser.send("POST", f"{path}/erasures", {**named, "basis": "whim"})
    assert (status, refused["error"]["code"]) == (400, "bad_input")
    status, refused = await organiser.send("POST", f"{path}/erasures", {**named, "revision": 99})
    assert (status, refused["error"]["code"]) == (409, "contended")
    assert (await asker.send("POST", f"{path}/erasures", named))[0] == 403
    status, told = await organiser.send("POST", f"{path}/erasures", named)
    assert (status, told["number"], told["basis"]) == (200, 2, "court")
    assert [(await town.look(one.q)).erased for one in questions] == ["author", "court"]


async def _token(town: Town, role: Role | None = None) -> str:
    if role is None:
        return (await admission.join(town.store, town.meeting, town.meeting.code, NOW)).token
    invitation = await staff.invite(town.store, town.meeting, role, NOW)
    return (await staff.redeem_invitation(town.store, town.meeting, invitation, NOW)).token
