"""Runs the pure browser modules: in node where there is one, and in headless Chromium under our CSP."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.async_api import Route, async_playwright, expect

ROOT = Path(__file__).parents[2]
ORIGIN = "http://localhost:1"
PATIENCE_MS = 60_000  # a busy machine is slow, a wrong page stays wrong
TYPES = {
    ".js": "text/javascript",
    ".html": "text/html",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

Case = tuple[str, dict[str, Any]]

expect.set_options(timeout=PATIENCE_MS)


def node() -> str | None:
    """Path of node, or None."""
    return shutil.which("node")


def chromium() -> str | None:
    """Path of a Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def in_node(cases: list[Case]) -> list[Any]:
    """The answers of tests/frontend/pure.js, from node."""
    program = (
        f"import {{ answers }} from {json.dumps((ROOT / 'tests/frontend/pure.js').as_uri())};"
        "import { readFileSync } from 'node:fs';"
        "console.log(JSON.stringify(await answers(JSON.parse(readFileSync(0, 'utf8')))));"
    )
    done = subprocess.run(
        [node() or "node", "--input-type=module", "-e", program],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,  # a guard against hanging, no measure of speed
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


async def from_disk(route: Route) -> None:
    """Answer a request below ORIGIN with the project's file and the strict policy."""
    path = ROOT / route.request.url.removeprefix(ORIGIN).split("?")[0].lstrip("/")
    if not path.is_file():
        await route.fulfill(body="<!doctype html><title>blank</title>", content_type="text/html")
        return
    await route.fulfill(
        body=path.read_bytes(),
        content_type=TYPES.get(path.suffix, "text/plain"),
        headers={"Content-Security-Policy": CSP},
    )


async def in_chromium(cases: list[Case]) -> list[Any]:
    """The same answers from Chromium."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.route("**/*", from_disk)
        await page.goto(f"{ORIGIN}/blank")
        answers: list[Any] = await page.evaluate(
            "async (cases) => (await import('/tests/frontend/pure.js')).answers(cases)", cases
        )
        await browser.close()
        return answers
