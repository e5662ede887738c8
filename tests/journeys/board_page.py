"""The board as a person reads and uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from tests.web.browsing import until


async def drawn(page: Page, there: Locator, what: str) -> None:
    """Load a page that is not live again until this is there: what it is drawn from may be behind."""

    async def shown() -> bool:
        if await there.count():
            return True
        await page.reload()
        return False

    await until(shown, what)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """An open board page; every step waits for what the person would see."""

    page: Page

    def row(self, words: str) -> Locator:
        """The question with these words."""
        return self.page.locator("#rows > .row", has_text=words)

    def box(self, words: str) -> Locator:
        """Its ballot box."""
        return self.row(words).locator("button.box")

    async def live(self) -> None:
        """The socket speaks for the page from here on."""
        await expect(self.page.locator("#live[data-status=live]")).to_be_attached()

    async def ask(self, words: str) -> str:
        """Ask by the form; the number on the receipt."""
        await self.page.locator("#ask-text").fill(words)
        await self.page.locator("#ask button[type=submit]").click()
        await expect(self.page.locator("#ask-text")).to_have_value("")
        number = self.page.locator(".asking .ticket .number").first
        await expect(number).to_contain_text(re.compile(r"\d"))
        return (await number.inner_text()).split()[-1]

    async def read_from_the_top(self) -> None:
        """Scroll up with the pointer away: what waited behind the pill slips in."""
        await self.page.mouse.move(0, 0)
        await self.page.evaluate("scrollTo(0, 0)")

    async def press(self, words: str) -> None:
        """Press a ballot box, then take pointer and focus away, so that rows may move."""
        await self.box(words).click()
        await self.page.locator("h1").click()

    async def shows(self, words: str, votes: int, mine: bool) -> None:
        """The count and the tick of a question, as the server confirmed them."""
        row = self.row(words)
        await expect(row.locator("button.box")).to_have_attribute(
            "aria-pressed", "true" if mine else "false"
        )
        if mine:
            back = re.compile("Take your vote back|Stimme zurücknehmen")
            await expect(row.locator("button.box")).to_have_attribute("title", back)
        await expect(row.locator(".votes")).to_have_text(str(votes))
        await expect(row.locator(".pending")).to_have_count(0)

    async def order(self, *words: str) -> None:
        """The questions stand in this order, and there are no others."""
        await expect(self.page.locator("#rows > .row .words")).to_have_text(list(words))
