"""The demo plays a whole meeting through the real doors and leaves a closed one."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter

from tools.demo import script
from tools.replay.child import ROOT

PATIENCE_S = 600  # a guard against hanging, no measure of speed


def test_the_script_is_an_invented_meeting_in_five_languages_with_a_campaign() -> None:
    told = script.read()
    languages = Counter(line.lang for line in told.lines)
    assert len(told.lines) >= 150 and len(languages) >= 5 and languages["ar"] >= 10
    assert sum(line.subject == "night shift" for line in told.lines) == script.CAMPAIGN == 60
    assert told == script.read()


async def test_the_fast_demo_ends_with_a_closed_meeting() -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tools.demo", "--fast", "--leave"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        raw, _ = await asyncio.wait_for(demo.communicate(), PATIENCE_S)
    finally:
        if demo.returncode is None:
            demo.kill()
    said = raw.decode()
    assert demo.returncode == 0, said
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) ([a-z: ]+?)(?:,|\n)", said)}
    # Where a decision's answer is lost, as on a machine that stands still, its repetition is refused.
    lost = counts.get("asked again", 0)
    assert counts["asked"] == 156 and counts["merged"] >= 40
    assert 8 - lost <= counts["screened out"] <= 8 and 2 - lost <= counts["appeals"] <= 2
    # Each question was decided exactly once, however often moderators met.
    ends = ("listed", "merged", "screened out", "sent back")
    assert 0 <= counts["asked"] - sum(counts[kind] for kind in ends) <= lost
    assert counts["answered"] and counts["skipped"]
    for name in ("Attendees", "Moderator", "Host", "Organiser", "Auditor", "Stage"):
        assert re.search(rf"^{name} +http://\S+", said, re.M)
