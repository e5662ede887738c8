"""One page to look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A page to look at: `show` brings it up in the browser of the right person.

    `pictures` are those kept in docs/pictures: 1280 and 360 px wide, dark. All are checked.
    """

    name: str
    page: Page
    show: Callable[[Page], Awaitable[object]]
    pictures: tuple[str, ...] = ("1280", "360")


def at(path: str) -> Callable[[Page], Awaitable[object]]:
    """Open this address."""
    return lambda page: page.goto(path)
