"""A child ends with its parent, also where the parent ended before the child could ask for that."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from server.orphans import die_with_parent
from tests.launch.running import ROOT

# The parent ends while its child waits for that; then the child asks to end with it.
LATE = """
import os
from server.orphans import die_with_parent
parent, bind = os.getpid(), die_with_parent()
if not os.fork():
    while os.getppid() == parent:
        os.sched_yield()
    bind()
    print("lives", flush=True)
"""


@pytest.mark.skipif(die_with_parent() is None, reason="needs Linux")
def test_a_child_that_asks_after_its_parent_ended_does_nothing_more() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LATE],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (told.stdout, told.stderr) == ("", "")
