"""Canaries: texts that are withheld, wait, were sent back or withdrawn, and who asked, stay inside.

Every door of the application is opened (a new one is covered by being there), as a reader, as another
attendee and as a host; every byte of each answer, header, frame and line of the journal is searched.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypercorn.config import Config
from quart import Quart
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from server.acts import admission, appeal, decide, meetings, merge, staff, stage, submit
from server.acts.admission import SignInToken
from server.domain.ids import digest
from server.domain.roles import Role
from server.launch.ports import bind
from server.live.batcher import Batcher
from server.live.boards import Boards
from server.live.conversation import Conversation
from server.live.door import Door
from server.live.hub import Hub
from server.live.node import Node, Pace
from server.live.port import listen
from server.live.tail import Tail
from server.store import keys, typed
from server.translog.checkpoint import log_id
from server.web import desk_forms
from tests.acts.building import NOW, SECRET, Town, fresh_q, live_town
from tests.web.browsing import PATIENCE_S, SAME
from tests.web.conftest import ended

WORDS = ("canarywithheld", "canarywaiting", "canarysentback", "canarywithdrawn", "canaryreworded")
NAME = "Canaryname Notchosen"
HIGH_VOTER = 7_340_032  # a block of voter numbers that no count, time or hash contains by chance
LOG_DOORS = {f"log_files.{at}" for at in ("checkpoint", "tile_file", "public_states", "archive")}
ADDRESS = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass
class Cage:
    """A meeting with canaries in it, their asker, and what must never be read."""

    town: Town
    asker: SignInToken
    secrets: tuple[str, ...]
    ids: list[str]


async def caged(store: Redis) -> Cage:
    town = await live_town(store)
    m, moderator = town.meeting, await town.moderator()
    await store.set(keys.voter_count(m.id), HIGH_VOTER)
    await store.delete(keys.free_numbers(m.id))
    asker = await admission.join(store, m, m.code, NOW)
    assert asker.sign_in.voter is not None and asker.sign_in.voter >= HIGH_VOTER
    found = [await _asked(town, asker, f"Is {word} a secret?") for word in WORDS]
    withheld, _, back, gone, reworded = found
    out = await decide.screen_out(
        store, m, moderator, withheld, 1, "personal-data", "A note", None, NOW
    )
    await appeal.appeal(store, m, asker.sign_in, out.q, "canarywithheld is mine", NOW)
    await decide.send_back(store, m, moderator, back, 1, "canarysentback hint", NOW)
    await submit.withdraw(store, m, asker.sign_in, gone, NOW)
    listed = await decide.list_question(store, m, moderator, reworded, 1, NOW)
    worded = await decide.word(
        store, m, moderator, reworded, listed.revision, "The canaryreworded wording", NOW
    )
    await decide.screen_out(
        store, m, moderator, reworded, worded.revision, "abusive", "", None, NOW
    )
    head, member = await town.listed(), await town.listed(asker.sign_in, "Why no tables?")
    await merge.merge(store, m, moderator, member.q, member.revision, head.number or 0, NOW)
    voter = asker.sign_in.voter
    identity = (str(voter), f"{voter:x}", asker.token, asker.sign_in.key, digest(asker.token), NAME)
    return Cage(town, asker, (*WORDS, *identity), [*found, head.q, member.q])


async def _asked(town: Town, asker: SignInToken, text: str) -> str:
    q = fresh_q()
    await submit.submit(
        town.store,
        town.meeting,
        asker.sign_in,
        q=q,
        text=text,
        lang="en",
        name=NAME,
        via="web",
        secret=SECRET,
        now=NOW,
    )
    await town.number()
    return q


def leaks(secrets: tuple[str, ...], raw: bytes) -> list[str]:
    return [word for word in secrets if word.encode() in raw]


async def _doors(client: Any, cage: Cage) -> dict[str, list[str]]:
    """What stands in addresses: every number, every id, all that the log is asked for and the desk does."""
    await cage.town.published()
    store, m = cage.town.store, cage.town.meeting.id
    log = log_id(m)
    note = await (await client.get(f"/log/{log}/checkpoint", headers=SAME)).get_data(as_text=True)
    size = note.split("\n")[1]
    async with client.app.app_context():
        acts = list(desk_forms.ACTS)
    return {
        "slug": [cage.town.meeting.slug],
        "n": [str(n) for n in range(1, len(cage.ids) + 2)],
        "q": cage.ids,
        "filename": ["css/app.css"],
        "colour": ["0b6e69"],
        "log": ["none", log],
        "size": ["1", size],
        "rest": [f"0/000.p/{size}", f"entries/000.p/{size}"],
        "name": ["none", *cage.ids, *await typed.hgetall(store, keys.openings(m))],
        "sha256": ["none", *await typed.hgetall(store, keys.rules(m))],
        "act": ["none", *acts],
    }


def _paths(rule: Any, doors: dict[str, list[str]]) -> list[str]:
    """The addresses of a rule, with everything that may stand in them."""
    found = [rule.rule]
    for at in ADDRESS.finditer(rule.rule):
        values = doors.get(at[2], ["none"])
        found = [path.replace(at[0], value) for path in found for value in values]
    return found


async def _bytes(response: Any) -> bytes:
    lines = [f"{name}: {value}" for name, value in response.headers.items()]
    head = "\n".join([str(response.status_code), *lines])
    body: bytes = await response.get_data(as_text=False)
    if response.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as whole:
            body = b"".join(name.encode() + whole.read(name) for name in whole.namelist())
    return head.encode() + body


async def _opened(client: Any, rule: Any, path: str, token: str) -> bytes:
    headers = dict(SAME)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    everything = b""
    for method in sorted(rule.methods - {"OPTIONS"}):
        more: dict[str, Any] = {}
        if method not in ("GET", "HEAD"):
            more = {"json": {"revision": 1}} if path.startswith("/api/") else {"form": {"n": "1"}}
        response = await client.open(path, method=method, headers=headers, **more)
        assert response.status_code < 500, (rule.endpoint, response.status_code)
        everything += await _bytes(response)
    return everything


async def test_no_door_lets_a_canary_out(
    store: Redis, app: Quart, capfd: pytest.CaptureFixture[str]
) -> None:
    cage = await caged(store)
    town = cage.town
    other = await admission.join(store, town.meeting, town.meeting.code, NOW)
    link = await staff.invite(store, town.meeting, Role.HOST, NOW)
    host = await staff.redeem_invitation(store, town.meeting, link, NOW)
    client, opened = app.test_client(), 0
    doors, answered = await _doors(client, cage), set()
    for rule in app.url_map.iter_rules():
        for path in _paths(rule, doors):
            for who, token in (("reader", ""), ("other", other.token), ("host", host.token)):
                raw = await _opened(client, rule, path, token)
                opened += 1
                answered |= {rule.endpoint} if raw.startswith(b"200\n") else set()
                assert not leaks(cage.secrets, raw), (rule.endpoint, path, who)
    assert opened > 200 and LOG_DOORS <= answered, LOG_DOORS - answered
    # Their asker alone reads them; yet not even the asker's own pages tell the voter number.
    own = await _opened_page(client, f"/m/{town.meeting.slug}/mine", cage.asker.token)
    assert set(leaks(WORDS[:3], own)) == set(WORDS[:3])
    assert str(cage.asker.sign_in.voter).encode() not in own
    board = await _opened_page(client, f"/m/{town.meeting.slug}", cage.asker.token)
    assert str(cage.asker.sign_in.voter).encode() not in board
    told = capfd.readouterr()
    assert not leaks(cage.secrets, (told.out + told.err).encode())


async def _opened_page(client: Any, path: str, token: str) -> bytes:
    return await _bytes(
        await client.get(path, headers={**SAME, "Authorization": f"Bearer {token}"})
    )


@asynccontextmanager
async def live_port(store: Redis, app: Quart) -> AsyncIterator[int]:
    """A listening port with real conversations on it; yields its number."""
    boards = Boards(store)
    hub = Hub(boards, 20)
    tail = Tail(store, boards, hub, 20)
    pace = Pace(5, 20, 3, 20, hello_s=PATIENCE_S)
    node = Node(store, boards, Batcher(store, 5, 200, 5000), b"w" * 32, pace, lambda: NOW)
    hosts, origins = frozenset({"floor.example"}), frozenset({"http://floor.example"})
    door = Door(hosts, origins, 16_384, PATIENCE_S, 50, 50)
    port = await listen(
        app, Config(), lambda slug: Conversation(node, hub, slug), door, bind("127.0.0.1", 0), None
    )
    tasks = [asyncio.create_task(work) for work in (tail.run(), tail.listen())]
    try:
        yield port.number
    finally:
        port.close()
        await port.drain(0.0)
        await ended(tasks)


async def _listening(app: Quart, port: int, slug: str, door: str, token: str) -> ClientConnection:
    headers = dict(SAME) | ({"Authorization": f"Bearer {token}"} if token else {})
    path = f"/api/v1/meetings/{slug}/{door}"
    answer = await app.test_client().post(path, headers=headers, json={})
    ticket = (await answer.get_json())["ticket"]
    socket = await connect(
        f"ws://floor.example/live/{slug}",
        host="127.0.0.1",
        port=port,
        origin="http://floor.example",  # type: ignore[arg-type]
        proxy=None,
    )
    await socket.send(json.dumps({"t": "hello", "ticket": ticket, "d": "canary"}))
    return socket


async def _until(socket: ClientConnection, words: str) -> str:
    """Everything that arrives up to the frame with these words in it."""
    heard = ""
    async with asyncio.timeout(PATIENCE_S):
        while words not in heard:
            heard += str(await socket.recv())
    return heard


async def test_no_frame_carries_a_canary_to_an_attendee_or_a_stage(
    store: Redis, app: Quart
) -> None:
    cage = await caged(store)
    town, slug = cage.town, cage.town.meeting.slug
    moderator = await town.moderator()
    other = await admission.join(store, town.meeting, town.meeting.code, NOW)
    async with live_port(store, app) as port:
        person = await _listening(app, port, slug, "ticket", other.token)
        screen = await _listening(app, port, slug, "stage-ticket", "")
        heard = await _until(person, "snapshot") + await _until(screen, "snapshot")
        await screen.send(json.dumps({"t": "vote", "n": 6, "on": True, "c": 1, "r": 7}))
        assert "forbidden" in await _until(screen, '"r":7')
        listed = await town.listed(cage.asker.sign_in, "A text that is listed first")
        heard += await _until(person, "listed first") + await _until(screen, "listed first")
        await stage.pick(store, town.meeting, moderator, listed.q, listed.revision, NOW)
        heard += await _until(screen, "on_air")
        aired = await town.look(listed.q)
        await stage.put_back(store, town.meeting, moderator, listed.q, aired.revision, NOW)
        back = await town.look(listed.q)
        await decide.screen_out(
            store, town.meeting, moderator, listed.q, back.revision, "abusive", "", None, NOW
        )
        heard += await _until(screen, f'"gone":[{listed.number}]')
        heard += await _until(person, f'"gone":[{listed.number}]')
        await person.close()
        await screen.close()
    assert not leaks(cage.secrets, heard.encode())


async def test_a_stage_without_a_sign_in_ends_when_reading_is_for_attendees(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    async with live_port(store, app) as port:
        screen = await _listening(app, port, town.meeting.slug, "stage-ticket", "")
        await _until(screen, "snapshot")
        await meetings.change(store, town.meeting, {"readers": "attendees"}, "org:1", NOW)
        async with asyncio.timeout(PATIENCE_S):
            await screen.wait_closed()
    assert screen.close_code == 4401
