"""Runs that end with their test, also when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.launch.running import ROOT, Run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Prepares a run on a free port with its data under the test's folder; `start` begins it."""
    begun: list[Run] = []

    def prepare(*arguments: str, cwd: Path = ROOT, **environ: str) -> Run:
        given = arguments if "--port" in arguments else ("--port", "0", *arguments)
        if "--data" not in given:
            given = (*given, "--data", str(tmp_path / "data"))
        begun.append(Run(given, environ, cwd))
        return begun[-1]

    yield prepare
    for one in begun:
        if one.process is not None:
            one.stop()
