"""The sceptic's demonstration: every cheat is named by whom it should be, and by nobody too many."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from tools.demo.tamper.attacks import ATTACKS, SAVED, WITNESS
from tools.demo.tamper.main import tamper
from tools.replay.child import ROOT


def test_the_command_catches_every_attack_and_says_what_only_outsiders_see() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--tamper"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,  # a guard against hanging, no measure of speed
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ATTACKS)} of {len(ATTACKS)} attacks were caught as expected" in done.stdout
    only = done.stdout.partition("nobody but a saved checkpoint or a witness:")[2]
    assert "fork the log" in only and "reorder decisions" in only and "change a text" not in only


async def test_a_catch_that_does_not_happen_is_no_success() -> None:
    said: list[str] = []
    (page,) = [one for one in ATTACKS if one.name == "serve another page"]
    unseen = replace(page, caught={**page.caught, WITNESS: "fork"})
    assert await tamper(said.append, (unseen,)) == 2
    assert "NOT AS EXPECTED" in "\n".join(said)
    assert {SAVED, WITNESS} <= {who for one in ATTACKS for who in one.caught}
