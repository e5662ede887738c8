"""How often each fault comes, and what is told of it at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rounds"))


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Keeps a line for the end of the run."""
    return lambda line: record_property("told", line)
