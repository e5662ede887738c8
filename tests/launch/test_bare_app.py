"""The application under Hypercorn's own command: pages and streams of events, but no live sockets, and it
says how to get them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.acts import admission
from server.store import keys
from tests.acts.building import NOW, SECRET, live_town
from tests.launch.running import ROOT, SOON_S, clean_environ, eventually, free_port, get
from tests.web.hearing import listen_to


@dataclass(frozen=True, slots=True)
class Bare:
    """The application under `hypercorn server.asgi:app`; `said`: what it wrote of itself."""

    number: int
    process: subprocess.Popen[bytes]
    said: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.number}"

    def post(self, path: str, token: str, body: object) -> Any:
        """The JSON that answers one request of the API."""
        headers = {
            "Host": "floor.example",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        asked = Request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), headers)
        with urlopen(asked, timeout=SOON_S) as answer:
            return json.load(answer)


@contextmanager
def bare(store_url: str, folder: Path, public_url: str = "") -> Iterator[Bare]:
    """It runs, and ends in order. Hypercorn ends with 0 also where its worker did not."""
    number, secret, said = free_port(), folder / "secret", folder / "said"
    secret.write_bytes(SECRET)
    environ = clean_environ(
        OPENFLOOR_STORE_URL=store_url,
        OPENFLOOR_SECRET_FILE=str(secret),
        OPENFLOOR_PUBLIC_URL=public_url or f"http://127.0.0.1:{number}",
    )
    command = [sys.executable, "-m", "hypercorn", "server.asgi:app", "-b", f"127.0.0.1:{number}"]
    with (
        said.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environ, stderr=output) as process,
    ):
        found = Bare(number, process, said)
        try:
            eventually(lambda: get(found.url, "/readyz")[0] == 200, "it is ready")
            yield found
        finally:
            process.terminate()
    assert process.returncode == 0


async def test_an_upgrade_under_bare_hypercorn_is_told_the_right_command(
    store_url: str, tmp_path: Path
) -> None:
    with bare(store_url, tmp_path) as app:
        assert get(app.url, "/")[0] == 200
        status, words = get(app.url, "/live/spring")
        assert status == 426
        assert "./openfloor run" in words
        with pytest.raises(InvalidStatus) as refused:
            where = f"ws://127.0.0.1:{app.number}/live/spring"
            await connect(where, proxy=None, open_timeout=SOON_S)
        assert refused.value.response.status_code == 426
        assert b"./openfloor run" in (refused.value.response.body or b"")


async def test_a_board_under_bare_hypercorn_goes_by_events_and_posts(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    town = await live_town(store)
    n = (await town.listed()).number
    token = (await admission.join(store, town.meeting, town.meeting.code, NOW)).token
    at = f"/meetings/{town.meeting.slug}"
    with bare(store_url, tmp_path, "http://floor.example") as app:
        ticket = app.post(f"{at}/ticket", token, {})["ticket"]
        ear = await listen_to(app, town.meeting.slug, ticket)
        assert [row["n"] for row in (await ear.hear("snapshot"))["rows"]] == [n]
        told = app.post(
            f"{at}/messages?d=abc", token, {"t": "vote", "n": n, "on": True, "c": 1, "r": 1}
        )
        assert told["messages"][0]["votes"] == 1
        assert (await ear.hear("delta"))["tallies"] == [[n, 1]]
        ear.hang_up()


async def test_a_background_task_that_ends_takes_the_process_with_it(
    store: Redis, store_url: str, tmp_path: Path
) -> None:
    town = await live_town(store)
    with bare(store_url, tmp_path) as app:
        assert get(app.url, f"/m/{town.meeting.slug}")[0] == 200  # from here on its stream is read
        await store.xadd(keys.events(town.meeting.id), {"no": "kind of entry that we know"})
        eventually(lambda: app.process.poll() is not None, "it ends")
        assert "background_task_ended" in app.said.read_text()


def test_without_settings_it_says_what_to_type() -> None:
    command = [sys.executable, "-m", "hypercorn", "server.asgi:app", "-b", "127.0.0.1:0"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, timeout=SOON_S
    )
    assert "OPENFLOOR_STORE_URL is not set." in done.stderr
    assert "./openfloor run" in done.stderr
