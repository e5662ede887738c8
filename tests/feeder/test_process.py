"""The feeder as a process: told by the environment, refuses in words, feeds, ends on request."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.settings import SettingsError
from server.translog.anchor import ANCHOR_ID
from tests.feeder import feeding
from tests.feeder.feeding import publish, stranger, witnessed
from tests.translog.building import ROOT
from tests.witness import watching
from workers.feeder.__main__ import rule, unfed
from workers.sequencer.files import Files


def environ(folder: Path, policy: Path | None) -> dict[str, str]:
    """What `run` tells it; it never opens the store."""
    (folder / "secret").write_bytes(bytes(32))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENFLOOR_")}
    told = {
        "OPENFLOOR_STORE_URL": "unix:///nowhere",
        "OPENFLOOR_SECRET_FILE": str(folder / "secret"),
        "OPENFLOOR_DATA": str(folder / "data"),
    }
    return kept | told | ({"OPENFLOOR_WITNESSES": str(policy)} if policy else {})


def test_it_feeds_what_is_published_tells_the_rule_and_ends(tmp_path: Path) -> None:
    log, policy = tmp_path / "data" / "log", tmp_path / "policy"
    publish(log, 5)
    with watching.witness(tmp_path / "w") as (url, key):
        policy.write_text(f"# ours\nwitness council {key.text()} {url}/\nquorum council\n")
        rules = feeding.rule({"council": (url, key)}, 1)
        command = [sys.executable, "-m", "workers.feeder"]
        with subprocess.Popen(command, cwd=ROOT, env=environ(tmp_path, policy)) as running:
            deadline = time.monotonic() + 90
            while witnessed(log, rules) is None:
                assert time.monotonic() < deadline and running.poll() is None
                time.sleep(0.02)
            second = subprocess.run(
                command, cwd=ROOT, env=environ(tmp_path, policy), capture_output=True, check=False
            )
            assert second.returncode == 1 and b"Another feeder" in second.stderr
            running.send_signal(signal.SIGTERM)
            assert running.wait(90) == 0
    told = (log / "witnesses.policy").read_text()
    assert told == f"witness council {key.text()} {url}/\nquorum council\n"


def test_what_is_fed_to_nobody_any_more_is_told_no_more_and_its_signatures_stay(
    tmp_path: Path,
) -> None:
    log, anchored = tmp_path / "data" / "log", "data/log/" + ANCHOR_ID
    publish(log, 5)
    (meeting,) = (path for path in log.iterdir() if path.is_dir())
    (tmp_path / anchored).mkdir()
    stale = [log / "witnesses.policy", meeting / "witnesses.json"]
    stays = [meeting / "checkpoint.witnessed", tmp_path / anchored / "witnesses.json"]
    for path in [*stale, *stays]:
        path.write_text("{}")
    Files(log).drop(unfed(log, meetings=True, anchor=False))
    assert not any(path.exists() for path in stale) and all(path.exists() for path in stays)
    command = [sys.executable, "-m", "workers.feeder"]
    told = subprocess.run(
        command, cwd=ROOT, env=environ(tmp_path, None), capture_output=True, check=False
    )
    assert told.returncode == 1 and b"nothing to feed" in told.stderr
    assert [path.exists() for path in stays] == [True, False]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("quorum none", "no witness with an address"),
        (f"witness a {stranger('a').key.text()}\nquorum a", "no witness with an address"),
        (f"witness a {stranger('a').key.text()} ftp://a\nquorum a", "no address"),
        (f"witness a {stranger('a').key.text()} http://u@a\nquorum a", "no address"),
        (f"witness a {stranger('a').key.text()} http://a:x\nquorum a", "OPENFLOOR_WITNESSES"),
        (f"witness a {stranger('a').key.text()} http://a\nquorum b", "OPENFLOOR_WITNESSES"),
        ("", "quorum"),
    ],
)
def test_a_policy_that_names_nobody_to_ask_is_refused_in_words(
    tmp_path: Path, text: str, word: str
) -> None:
    path = tmp_path / "policy"
    path.write_text(text)
    with pytest.raises(SettingsError, match=word):
        rule("OPENFLOOR_WITNESSES", path)
