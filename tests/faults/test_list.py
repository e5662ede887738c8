"""Every fault of the list has tests that are there, and the document says the same."""

from __future__ import annotations

import re

import pytest

from tests.faults.listed import FAULTS, Listed, line
from tests.launch.running import ROOT

ASKED = {*range(1, 8), *range(9, 13), *range(14, 18), *range(19, 26)}


def test_every_fault_that_is_asked_for_is_listed_once_in_order() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 26))
    assert {fault.number for fault in FAULTS if not fault.beyond} == ASKED


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_the_tests_of_a_fault_are_there(fault: Listed) -> None:
    for test in fault.tests:
        name, _, begins = test.partition("::")
        function, _, case = begins.partition("[")
        source = (ROOT / name).read_text()
        assert re.search(rf"def {function or 'test_'}", source), test
        assert case.rstrip("]") in source, test


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_the_document_names_a_fault_and_its_first_test(fault: Listed) -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    (row,) = re.findall(rf"^\| {fault.number} \|.*$", page, re.MULTILINE)
    assert f"| {fault.name} |" in row
    for test in fault.tests:
        assert f"`{test.partition('::')[0]}`" in row


def test_a_line_tells_what_ran_and_why_the_rest_did_not() -> None:
    fault = Listed(7, "network parted", ("a.py::test_b",))
    assert line(fault, {}) == ""
    told = {"a.py::test_b": ["passed"], "a.py::test_bc": ["needs root"], "b.py::test_b": ["failed"]}
    assert line(fault, told) == "  7  network parted: 1 tests held; skipped: needs root"
