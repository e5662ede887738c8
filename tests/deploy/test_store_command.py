"""The compose file's store, started as it says, with the users that the script makes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from server.launch import embedded
from tests.launch.running import ROOT, Run, eventually, free_port
from tests.launch.stores import answers


@pytest.mark.faults
def test_the_store_and_its_user_are_enough_for_a_whole_run(tmp_path: Path) -> None:
    subprocess.run(
        ["sh", "deploy/secrets.sh", "floor.example", str(tmp_path / "secrets")],
        cwd=ROOT,
        check=True,
    )
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["store"]
    port = free_port()
    (tmp_path / "data").mkdir()
    words = [
        word.replace("/run/secrets", str(tmp_path / "secrets")).replace("/data", f"{tmp_path}/data")
        for word in service["command"][1:]
    ]
    binary = embedded.find_binary(os.environ.get("OPENFLOOR_REDIS_BIN"))
    listening = ["--port", str(port), "--bind", "127.0.0.1"]
    url = (tmp_path / "secrets" / "store_url").read_text().strip()
    url = url.replace("store:6379", f"127.0.0.1:{port}")
    with subprocess.Popen([binary, *words, *listening], stdout=subprocess.DEVNULL) as store:
        try:
            eventually(lambda: answers(url), "the store answers its user")
            assert not answers(f"redis://127.0.0.1:{port}/0"), "nobody comes in without a password"
            run = Run(("--port", "0", "--data", str(tmp_path / "run")), {"REDIS_URL": url}).start()
            run.ready()
            assert run.stop() == 0
        finally:
            store.kill()
