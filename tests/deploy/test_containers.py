"""Dockerfile, compose file and proxy configuration, read as data and held against the code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.domain import logo, roster_file
from server.settings import Settings
from tests.deploy.naming import code_names

ROOT = Path(__file__).parents[2]
OURS = ("server-1", "server-2", "worker", "clock", "sequencer")
BASES = {"python:3.13-slim-bookworm"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def dockerfile() -> list[str]:
    """The instructions, continued lines joined, comments left out."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def image_environ() -> dict[str, str]:
    """What the image sets."""
    (line,) = [line for line in dockerfile() if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for pair in line[4:].split())


def nginx() -> str:
    return re.sub(r"#.*", "", (ROOT / "deploy" / "nginx.conf").read_text())


def block(text: str, head: str) -> str:
    """What stands in the braces after `head`."""
    at = text.index(head) + len(head)
    depth, start = 0, text.index("{", at)
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start + 1 : end]
    raise AssertionError(f"{head} is not closed")


def test_the_image_runs_as_nobody_special_from_hashed_requirements() -> None:
    lines = dockerfile()
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == BASES
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert lines.index(users[0]) > max(i for i, line in enumerate(lines) if "COPY" in line)
    (install,) = [line for line in lines if "pip install" in line]
    assert "--require-hashes -r requirements.lock" in install
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert "://" not in "\n".join(lines)


def test_the_image_holds_what_the_server_reads_and_nothing_else() -> None:
    copied = {
        line.split()[1]
        for line in dockerfile()
        if line.startswith("COPY ") and "--from" not in line
    }
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("kind", ["CMD", "HEALTHCHECK"])
def test_the_image_s_commands_exist(kind: str) -> None:
    (line,) = [line for line in dockerfile() if line.startswith(f"{kind} ")]
    words = re.findall(r'"([^"]+)"', line)
    assert words[:3] == ["python", "-m", "server"]
    assert words[3] in (ROOT / "server" / "__main__.py").read_text()


def test_no_image_floats_and_none_names_a_registry(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        image, _, tag = service["image"].partition(":")
        assert tag and tag != "latest", name
        assert "." not in image.split("/")[0], name


def test_every_command_is_an_entry_point_of_ours(compose: dict[str, Any]) -> None:
    for name in OURS:
        words = compose["services"][name]["command"]
        assert words[:2] == ["python", "-m"], name
        assert importlib.util.find_spec(words[2]) is not None, name
        if words[2] == "server":
            assert words[3] == "serve"


def test_every_variable_is_one_that_the_settings_read(compose: dict[str, Any]) -> None:
    known = code_names()
    given = {name for service in OURS for name in compose["services"][service]["environment"]}
    assert given <= known
    assert {name for name in image_environ() if name.startswith("OPENFLOOR_")} <= known


def test_the_settings_of_a_container_are_whole(compose: dict[str, Any], tmp_path: Path) -> None:
    environ = {**image_environ(), **compose["services"]["server-1"]["environment"]}
    for name in ("OPENFLOOR_STORE_URL_FILE", "OPENFLOOR_SECRET_FILE"):
        assert (
            environ[name].removeprefix("/run/secrets/")
            in compose["services"]["server-1"]["secrets"]
        )
        environ[name] = str(tmp_path / Path(environ[name]).name)
    (tmp_path / "store_url").write_text("redis://openfloor:word@store:6379/0\n")
    (tmp_path / "openfloor_secret").write_bytes(b"s" * 32)
    assert "PUBLIC_URL" in environ["OPENFLOOR_PUBLIC_URL"]
    settings = Settings.from_environ({**environ, "OPENFLOOR_PUBLIC_URL": "https://floor.example"})
    assert settings.store_url == "redis://openfloor:word@store:6379/0"
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)


def test_nothing_runs_with_more_rights_than_it_needs(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert service.get("user", "") not in ("0", "root", "0:0"), name
    assert "ports" not in compose["services"]["store"]
    assert compose["networks"]["back"]["internal"] is True
    assert compose["services"]["store"]["networks"] == ["back"]


def test_health_is_checked_where_requests_are_answered(compose: dict[str, Any]) -> None:
    for name in ("store", "proxy"):
        assert compose["services"][name]["healthcheck"]["test"], name
    for name in ("server-1", "server-2"):
        assert "healthcheck" not in compose["services"][name], "the image's own holds"


def test_the_store_syncs_each_write_into_a_volume(compose: dict[str, Any]) -> None:
    words = compose["services"]["store"]["command"]
    pairs = dict(zip(words[1::2], words[2::2], strict=True))
    assert pairs["--appendonly"] == "yes"
    assert pairs["--appendfsync"] == "always"
    assert pairs["--maxmemory-policy"] == "noeviction"
    assert f"store:{pairs['--dir']}" in compose["services"]["store"]["volumes"]


def test_only_the_sequencer_holds_the_log_s_key(compose: dict[str, Any]) -> None:
    holders = [
        name
        for name, service in compose["services"].items()
        if any("log_keys" in volume for volume in service.get("volumes", []))
    ]
    assert holders == ["sequencer"]
    mounted = [volume.partition(":")[2] for volume in compose["services"]["sequencer"]["volumes"]]
    environ = image_environ()
    assert mounted == [environ["OPENFLOOR_DATA"], environ["OPENFLOOR_LOG_KEYS"]]


def test_servers_and_worker_read_the_records_and_cannot_write_them(compose: dict[str, Any]) -> None:
    for name in ("server-1", "server-2", "worker"):
        data = image_environ()["OPENFLOOR_DATA"]
        assert compose["services"][name]["volumes"] == [f"records:{data}:ro"]


def test_every_secret_is_a_file_that_the_script_makes(compose: dict[str, Any]) -> None:
    script = (ROOT / "deploy" / "secrets.sh").read_text()
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == set(compose["secrets"])
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./deploy/secrets/{name}"}
        assert name in script
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_proxy_leads_to_the_servers(compose: dict[str, Any]) -> None:
    services, text = compose["services"], nginx()
    port = image_environ()["OPENFLOOR_PORT"]
    servers = re.findall(r"server (\S+):(\d+)", block(text, "upstream openfloor"))
    assert servers == [("server-1", port), ("server-2", port)]
    listens = set(re.findall(r"listen (\d+)", text))
    assert {mapping.partition(":")[2] for mapping in services["proxy"]["ports"]} == listens
    proxy = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["server-1"]["environment"]["OPENFLOOR_TRUSTED_PROXIES"] == proxy
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == set(services["proxy"]["secrets"])


def test_the_proxy_lets_every_upload_through_that_the_server_takes() -> None:
    (most,) = re.findall(r"client_max_body_size (\d+)m;", nginx())
    around = 65_536  # a form has its token and its boundaries
    assert int(most) * 1_048_576 >= max(roster_file.FILE_MAX_BYTES, logo.MAX_BYTES) + around


@pytest.mark.parametrize("place", ["listen 8443", "location /live/"])
def test_the_proxy_says_who_asks_and_lets_nobody_else_say_it(place: str) -> None:
    text = nginx()
    told = block(text, "location /live/") if place.startswith("location") else text
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in told
    assert "proxy_set_header X-Forwarded-Proto https;" in told
    assert "proxy_set_header Host $http_host;" in told


def test_the_proxy_passes_live_sockets_uncompressed_over_http_1_1() -> None:
    text = nginx()
    live = block(text, "location /live/")
    assert "proxy_set_header Upgrade $http_upgrade;" in live
    assert 'proxy_set_header Connection "upgrade";' in live
    assert 'proxy_set_header Sec-WebSocket-Extensions "";' in live
    assert "proxy_http_version 1.1;" in text
    assert "http2" not in text and "quic" not in text, "browsers are offered http/1.1 alone"
    assert "access_log off;" in text
