"""Cells of CSV files: no spreadsheet runs one as a formula, on the page, in an export, in the log's files."""

from __future__ import annotations

import pytest

from server.acts.record_lines import csv_lines
from server.audit.record_files import cell

LEADS = ("=", "+", "-", "@", "\t", "\r", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("lead", LEADS)
def test_one_rule_for_formulas_serves_page_and_log(lead: str) -> None:
    assert cell(f"{lead}1+1") == f"'{lead}1+1"
    assert csv_lines([[f"{lead}1+1"]]).decode() == f'"\'{lead}1+1"\r\n'


def test_other_cells_stay_as_they_are() -> None:
    assert cell(None) == "" and cell("1+1") == "1+1"
