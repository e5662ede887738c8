"""The health check of the containers, run against a server that is told what they are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.deploy.naming import ROOT
from tests.deploy.test_containers import dockerfile, image_environ
from tests.launch.running import SOON_S, clean_environ, command, eventually, free_port, get


def test_the_images_health_check_tells_a_running_server_from_a_dead_one(
    store_url: str, tmp_path: Path
) -> None:
    """The command of the Dockerfile, with the environment of the image and of the compose file."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    told = {**image_environ(), **compose["services"]["server-1"]["environment"]}
    (tmp_path / "secret").write_bytes(b"s" * 32)
    told |= {
        "OPENFLOOR_PUBLIC_URL": "https://floor.example",
        "OPENFLOOR_STORE_URL": store_url,
        "OPENFLOOR_SECRET_FILE": str(tmp_path / "secret"),
        "OPENFLOOR_DATA": str(tmp_path),
        "OPENFLOOR_PORT": str(free_port()),
    }
    ours = {name: told[name] for name in told if name.startswith("OPENFLOOR_")}
    del ours["OPENFLOOR_STORE_URL_FILE"]
    environ = clean_environ(PYTHONPATH=str(ROOT), **ours)
    (line,) = [line for line in dockerfile() if line.startswith("HEALTHCHECK ")]
    assert line.endswith('CMD ["python", "-m", "server", "healthy"]')

    def healthy() -> bool:
        return (
            subprocess.run(command("healthy"), cwd=ROOT, env=environ, check=False).returncode == 0
        )

    assert not healthy()
    with subprocess.Popen(
        command("serve"), cwd=ROOT, env=environ, stderr=subprocess.DEVNULL
    ) as server:
        try:
            url = f"http://127.0.0.1:{ours['OPENFLOOR_PORT']}"
            eventually(lambda: get(url, "/healthz")[0] == 200, "an answer under an address")
            eventually(healthy, "it is healthy")  # the check itself waits for two seconds
            assert get(url, "/")[0] == 400
            assert get(url, "/healthz", "[::1")[0] == 400
        finally:
            server.terminate()
            server.wait(timeout=SOON_S)
    assert not healthy()
