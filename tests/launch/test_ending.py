"""An end in order is never cut short by our own impatience."""

from __future__ import annotations

import re
import subprocess
import sys

import yaml

from server.ending import patience_s, slowest_s
from server.hypercorn_config import FILE, read_config
from tests.launch.running import ROOT, SOON_S
from tools.bench import product
from tools.replay import child

GRACEFUL_S = read_config(FILE).graceful_timeout


def seconds(text: str, before: str) -> float:
    """The number of seconds that stands behind these words."""
    found = re.search(rf"{before}(\d+)s?\b", text)
    assert found, before
    return float(found[1])


def test_whoever_waits_for_a_server_waits_longer_than_its_slowest_end() -> None:
    slowest, patience = slowest_s(GRACEFUL_S), patience_s(GRACEFUL_S)
    assert 1.2 * slowest < patience
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = {name: one for name, one in services.items() if "openfloor" in str(one.get("image"))}
    assert len(ours) >= 5
    for name, one in ours.items():
        assert seconds(one["stop_grace_period"], "") > patience, name
    # A run ends its servers, then its store, which gets as long.
    told = seconds((ROOT / "docs/operating.md").read_text(), "TimeoutStopSec=")
    assert min(told, child.STOP_S, product.STOP_S) > 2 * patience


def test_longer_answers_make_a_longer_end_and_more_patience() -> None:
    assert slowest_s(60) >= slowest_s(GRACEFUL_S) + 60 - 5.5
    assert patience_s(60) > slowest_s(60) > 60


def test_a_process_that_something_does_not_let_go_ends_all_the_same() -> None:
    holds = (
        "import threading, time\n"
        "from server.serve import cut_after\n"
        "cut_after(0.2)\n"
        "threading.Thread(target=time.sleep, args=(3600,)).start()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", holds],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
    )
    assert (done.returncode, "end_cut_short" in done.stdout + done.stderr) == (1, True)
