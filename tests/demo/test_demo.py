"""The demo plays a whole meeting through the real doors and leaves a closed one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.launch.running import eventually
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


def _server_of(folder: Path) -> int | None:
    """The process id of the server that runs on a data folder somewhere below; None before there is one."""
    with contextlib.suppress(FileNotFoundError):  # folders come and go meanwhile
        found = [json.loads(told.read_text())["pid"] for told in folder.rglob("run.json")]
        return int(found[0]) if found else None
    return None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("tools.demo",), signal.SIGTERM),
        (("tools.demo",), signal.SIGHUP),
        (("tools.bench", "votes", "--seconds", "600"), signal.SIGTERM),
    ],
    ids=["demo, told to end", "demo, its terminal closed", "bench"],
)
def test_what_is_told_to_end_takes_its_server_along(
    words: tuple[str, ...], told: signal.Signals, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with output.open("wb") as said:
        tool = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: _server_of(tmp_path) or tool.poll() is not None, "a server", PATIENCE_S)
        server = _server_of(tmp_path)
        assert server is not None, output.read_text()
        watched = os.pidfd_open(server)
        try:
            tool.send_signal(told)
            tool.wait(PATIENCE_S)
            assert tool.returncode in (0, 130), output.read_text()
            assert select.select([watched], [], [], 0)[0], "its server runs on"
        finally:
            os.close(watched)
        assert _server_of(tmp_path) is None
    finally:
        tool.kill()
        tool.wait()
        if (server := _server_of(tmp_path)) is not None:
            os.kill(server, signal.SIGTERM)
