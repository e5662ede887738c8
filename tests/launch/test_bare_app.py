"""The application under Hypercorn's own command: pages, but no live sockets, and it says how to get them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.launch.running import ROOT, clean_environ, eventually, free_port, get


async def test_an_upgrade_under_bare_hypercorn_is_told_the_right_command(
    store_url: str, tmp_path: Path
) -> None:
    port, secret = free_port(), tmp_path / "secret"
    secret.write_bytes(b"s" * 32)
    url = f"http://127.0.0.1:{port}"
    environ = clean_environ(
        OPENFLOOR_STORE_URL=store_url,
        OPENFLOOR_SECRET_FILE=str(secret),
        OPENFLOOR_PUBLIC_URL=url,
    )
    command = [sys.executable, "-m", "hypercorn", "server.asgi:app", "-b", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: get(url, "/")[0] == 200, "the pages")
            assert get(url, "/readyz")[0] == 200
            status, words = get(url, "/live/spring")
            assert status == 426
            assert "./openfloor run" in words
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/live/spring", proxy=None)
            assert refused.value.response.status_code == 426
            assert b"./openfloor run" in (refused.value.response.body or b"")
        finally:
            process.terminate()
    assert process.returncode == 0


def test_without_settings_it_says_what_to_type() -> None:
    command = [sys.executable, "-m", "hypercorn", "server.asgi:app", "-b", "127.0.0.1:0"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, timeout=30
    )
    assert "OPENFLOOR_STORE_URL is not set." in done.stderr
    assert "./openfloor run" in done.stderr
