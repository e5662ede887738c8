"""Pages that are drawn from fixtures, in a real browser: a busy machine is slow, a wrong page stays wrong."""

from __future__ import annotations

from playwright.async_api import expect

expect.set_options(timeout=60_000)
