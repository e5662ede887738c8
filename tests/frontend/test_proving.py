"""The browser's proof modules say what the Python core says, in node and under the page's policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.frontend import log_cases
from tests.frontend.running import Case, chromium, in_chromium, in_node, node


def held_against(answers: list[Any], cases: list[tuple[Case, Any]]) -> None:
    assert len(answers) == len(cases)
    for answer, (case, expected) in zip(answers, cases, strict=True):
        assert log_cases.judged(answer, json.loads(json.dumps(expected))), (case, answer, expected)


@pytest.mark.skipif(node() is None, reason="no node on this machine")
def test_in_node_published_proofs_are_judged_as_published() -> None:
    cases = log_cases.published()
    held_against(in_node([case for case, _ in cases]), cases)


@pytest.mark.skipif(node() is None, reason="no node on this machine")
def test_in_node_logs_and_receipts_are_judged_as_the_server_does() -> None:
    cases = log_cases.every_case()
    held_against(in_node([case for case, _ in cases]), cases)


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_in_chromium_logs_and_receipts_are_judged_as_the_server_does() -> None:
    cases = log_cases.every_case()
    held_against(await in_chromium([case for case, _ in cases]), cases)


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_in_chromium_published_proofs_are_judged_as_published() -> None:
    cases = log_cases.published()
    held_against(await in_chromium([case for case, _ in cases]), cases)
