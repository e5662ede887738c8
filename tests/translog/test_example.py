"""The page's example is what the code computes."""

from __future__ import annotations

from tests.translog import example
from tests.translog.building import ROOT


def test_the_example_of_the_contract_page_is_computed() -> None:
    page = (ROOT / "docs" / "log.md").read_text()
    assert page.partition(example.MARK)[2] == example.text()
