"""The page of the rules: each reason stands above its sentence, one below the other, at any width."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from tests.frontend.fixtures import rendered
from tests.frontend.running import chromium
from tests.frontend.test_stage_fits import show

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
# The left and upper edges of the list's terms and sentences, in their order.
EDGES = """[...document.querySelectorAll("main dl > *")].map((part) => {
  const { left, top } = part.getBoundingClientRect();
  return [left, top];
})"""


@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_reasons_and_sentences_stand_one_below_the_other(width: int) -> None:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        at = await browser.new_page(viewport={"width": width, "height": 800})
        await show(at, rendered("policy"))
        edges = await at.evaluate(EDGES)
        await browser.close()
    assert len(edges) > 2
    assert {left for left, _ in edges} == {edges[0][0]}
    tops = [top for _, top in edges]
    assert tops == sorted(set(tops))
