"""The stage's second code: the whole signed checkpoint that is published, for a camera to keep."""

from __future__ import annotations

import segno
from quart import Quart
from redis.asyncio import Redis

from server.translog import checkpoint
from server.translog.note import VerifierKey
from server.web.seal_pages import as_svg
from tests.acts.building import live_town
from tests.web.test_log_files import Reader, published, taken

HOST = {"Host": "floor.example"}


async def test_the_stage_shows_exactly_the_published_checkpoint(app: Quart, store: Redis) -> None:
    town = await live_town(store)
    await taken(app, town, "When do we get new chairs?")
    reader = Reader(app, town)
    note = await published(reader, 2)
    client, at = app.test_client(), f"/m/{town.meeting.slug}/stage"
    page = await (await client.get(at, headers=HOST)).get_data(True)
    assert f'src="{at}/checkpoint.svg"' in page
    response = await client.get(f"{at}/checkpoint.svg", headers=HOST)
    assert response.mimetype == "image/svg+xml"
    assert await response.get_data(False) == as_svg(note)
    key = VerifierKey.parse((await reader.get("vkey")).decode().strip())
    assert checkpoint.verified(note, key).checkpoint.size >= 2


async def test_who_may_not_read_the_record_gets_no_checkpoint_of_it(
    app: Quart, store: Redis
) -> None:
    town = await live_town(store, readers="attendees")
    client, at = app.test_client(), f"/m/{town.meeting.slug}/stage"
    refused = await client.get(f"{at}/checkpoint.svg", headers=HOST)
    assert refused.status_code in (401, 403)
    assert refused.mimetype != "image/svg+xml"


def test_a_checkpoint_of_a_long_name_still_fits_a_code_that_a_camera_reads() -> None:
    note = f"{'q' * 60}.example/log/{'a' * 26}\n4000000\n{'A' * 44}\n\n— {'q' * 60} {'B' * 92}\n"
    made = segno.make(note.encode(), error="l", boost_error=False)
    assert int(made.version) <= 14 and as_svg(note).startswith(b"<svg")
