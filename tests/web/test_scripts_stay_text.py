"""What people type is text: in every page of a real browser, and by a rule over our own files (S-42)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypercorn.config import Config
from playwright.async_api import Page, async_playwright
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission, decide, staff, submit
from server.domain.roles import Role
from server.launch.ports import bind
from server.live.door import Conversation, Door
from server.live.port import listen
from server.live.socket import LiveSocket
from tests.acts.building import NOW, SECRET, Town, fresh_q, live_town
from tests.frontend.running import PATIENCE_MS, chromium
from tests.web.browsing import PATIENCE_S

ROOT = Path(__file__).parents[2]
PAYLOADS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    '"><b onmouseover=window.pwned=1 class=pwned>x</b>',
    "'-window.pwned=1-'",
    "</textarea><script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "</template></title><iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<a href=javascript:window.pwned=1 class=pwned>x</a>",
    "{{ 7 * 7 }}${7*7}<%= 7*7 %>",
    "<!--<script>window.pwned=1//-->",
    "[x](javascript:window.pwned=1)",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    '<style>*{background:url("https://evil.example")}</style>',
    "<base href=https://evil.example><form action=https://evil.example class=pwned>",
]
FOUND = """() => [
  window.pwned ?? null,
  document.querySelectorAll('.pwned, iframe, base, [onerror], [onload], [onmouseover]').length,
  document.querySelectorAll('a[href^="javascript"], script:not([src]):not([type])').length,
]"""


@pytest_asyncio.fixture
async def page(app: Quart) -> AsyncIterator[Page]:
    """A page of a real browser at the running application."""

    def nobody(_: str) -> Conversation[LiveSocket]:
        raise AssertionError("no socket is opened here")

    if chromium() is None:
        pytest.skip("no Chromium here")
    door = Door(frozenset(), frozenset(), 16_384, PATIENCE_S, 10, 10)
    opened = await listen(app, Config(), nobody, door, bind("127.0.0.1", 0), None)
    async with async_playwright() as driver:
        rules = f"MAP floor.example 127.0.0.1:{opened.number}"
        browser = await driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        fresh = await browser.new_page()
        fresh.set_default_timeout(PATIENCE_MS)
        yield fresh
        await browser.close()
    opened.close()
    await opened.drain(0.0)


async def full_of_scripts(store: Redis) -> Town:
    """A meeting whose every text field holds payloads."""
    every = "\n\n".join(PAYLOADS)
    reasons = [{"code": "odd", "sentence": PAYLOADS[1]}]
    fields = {"title": PAYLOADS[0], "description": every, "policy": every, "reasons": reasons}
    town = await live_town(store, **fields, max_chars=2000)
    asker, moderator = await town.attendee(), await town.moderator()
    for at, payload in enumerate(PAYLOADS):
        q = fresh_q()
        await submit.submit(
            store,
            town.meeting,
            asker,
            q=q,
            text=f"{payload} no. {at}?",
            lang="en",
            name=payload[:80],
            via="web",
            secret=SECRET,
            now=NOW,
        )
        await town.number()
        found = await town.look(q)
        if at % 3 == 0:
            args = (moderator, q, found.revision, "odd", payload, None, NOW)
            await decide.screen_out(store, town.meeting, *args)
        elif at % 3 == 1:
            await decide.list_question(store, town.meeting, moderator, q, found.revision, NOW)
    return town


async def test_no_payload_runs_on_any_page(store: Redis, page: Page) -> None:
    town = await full_of_scripts(store)
    slug, meeting = town.meeting.slug, town.meeting
    joined = await admission.join(store, meeting, meeting.code, NOW)
    link = await staff.invite(store, meeting, Role.MODERATOR, NOW)
    moderating = await staff.redeem_invitation(store, meeting, link, NOW)
    organising = await staff.redeem_organiser_link(
        store, await staff.new_organiser_link(store), NOW
    )
    await page.context.add_cookies(
        [
            {"name": name, "value": value, "url": "http://floor.example"}
            for name, value in (
                (f"of_a_{meeting.id}", joined.token),
                (f"of_s_{meeting.id}", moderating.token),
                ("of_org", organising),
            )
        ]
    )
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    paths = ["", "/q/2", "/q/5", "/screened-out", "/mine", "/desk", "/join", "/organise"]
    paths += [
        f"?order={order}&search=%3Cimg+src%3Dx+onerror%3Dwindow.pwned%3D1%3E"
        for order in ("newest", "fair")
    ]
    seen = ""
    for path in [f"/m/{slug}{path}" for path in paths] + ["/organise"]:
        answer = await page.goto(f"http://floor.example{path}")
        assert answer is not None and answer.status == 200, path
        await page.wait_for_load_state("load")
        assert await page.evaluate(FOUND) == [None, 0, 0], path
        seen += await page.inner_text("body")
    assert not dialogs
    for payload in PAYLOADS:
        head = payload.split()[0]
        assert head in seen, payload


def test_no_template_or_script_turns_text_into_markup() -> None:
    for path in (ROOT / "frontend/templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|\|\s*forceescape", text), path.name
        assert not re.search(r"\s[\w-]+=\{\{", text), f"{path.name}: quote each attribute"
    odd = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
        r"|createContextualFragment|setHTMLUnsafe|parseFromString"
    )
    for path in (ROOT / "frontend/static/js").rglob("*.js"):
        code = re.sub(r"//.*", "", path.read_text())
        assert not odd.search(code), path.name


def test_markup_is_made_of_sanitised_text_alone() -> None:
    for path in (ROOT / "server").rglob("*.py"):
        text = path.read_text()
        if path.name == "offline_page.py":  # puts our own scripts and styles into one file
            assert re.findall(r"\bMarkup\((\w+)\)", text) == ["code", "style"]
            continue
        for at in re.finditer(r"\bMarkup\(", text):
            before = text[: at.start()]
            assert re.search(r"\b(nh3|sanitised)\b", before), path.name
