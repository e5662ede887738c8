"""The pages on a log that a later version wrote: its reserved types in words, for everybody and for staff."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.domain.roles import Role
from server.translog.checkpoint import log_id
from tests.sequencer.building import sequencer_in, settle
from tests.sequencer.test_rebuilding import wiped
from tests.sequencer.test_reserved_leaves import reserved
from tests.web.browsing import Browser, staffed
from tests.web.test_told_record import site

STEPS = (
    "Proposed to screen out, waits for a second person off topic",
    "Screened out personal data",
    "A withholding that nobody confirmed lapsed: the question waits again",
)


@pytest.mark.parametrize("rebuilt", [False, True], ids=["as it is", "after a lost store"])
async def test_what_a_later_version_logged_is_told_in_words_on_every_page(
    store: Redis, tmp_path: Path, rebuilt: bool
) -> None:
    town, _ = await reserved(store, tmp_path)
    if rebuilt:
        await wiped(store)
        await settle(sequencer_in(tmp_path), store)
    app = site(store, tmp_path)
    browser, at = Browser(app), f"/m/{town.meeting.slug}"
    for path in (at, f"{at}/answers", f"{at}/stage", f"{at}/screened-out.csv"):
        await browser.get(path)
        assert browser.status == 200, path
    for path in (f"{at}/q/1", f"{at}/screened-out"):
        said = _words(await browser.get(path))
        wanted = STEPS if path.endswith("/q/1") else STEPS[1:]
        assert browser.status == 200 and all(step in said for step in wanted), (path, said)
        assert "act." not in said and "end." not in said
    told = json.loads(await browser.get(f"{at}/screened-out.json"))
    acts = [act["act"] for act in told["screened_out"][0]["entries"]]
    assert acts[-2:] == ["screened_out", "lapsed"]
    await browser.get(f"/log/{log_id(town.meeting.id)}/public.json")
    assert browser.status == 200


async def test_the_log_of_all_acts_tells_what_a_later_version_decided(
    store: Redis, tmp_path: Path
) -> None:
    town, _ = await reserved(store, tmp_path)
    await wiped(store)
    await settle(sequencer_in(tmp_path), store)
    app = site(store, tmp_path)
    staff = await staffed(app, town, Role.MODERATOR)
    said = _words(await staff.get(f"/m/{town.meeting.slug}/desk/log"))
    assert staff.status == 200
    for words in ("Proposed to a second person off topic", "screen out", "Withholding lapsed"):
        assert words in said, said
    assert "Another key signs from here on" in said and "act." not in said and "end." not in said
    assert "Who decides this?" not in await staff.get(f"/m/{town.meeting.slug}/desk")
    assert staff.status == 200


def _words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
