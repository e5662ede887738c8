"""One running product for all journeys; each begins and ends without complaints."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.journeys.hall import Hall, open_hall


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
