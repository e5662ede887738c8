"""One running product for all journeys; each begins and ends without complaints."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from tests.journeys.hall import PATIENCE_MS, Hall, open_hall

expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture(scope="session")
async def open_house() -> AsyncIterator[Hall]:
    """The product, started once for the run."""
    async with open_hall() as hall:
        yield hall


@pytest_asyncio.fixture
async def hall(open_house: Hall) -> AsyncIterator[Hall]:
    """The product with no browser open; fails a journey in which a page did what it may not."""
    open_house.complaints.clear()
    open_house.excused.clear()
    open_house.lang = ""
    yield open_house
    await open_house.send_home()
    assert open_house.complaints == []
