"""A start that cannot go well ends at once, with one sentence or the exact line to type."""

from __future__ import annotations

import socket
from argparse import Namespace
from pathlib import Path

import pytest

from server.hypercorn_config import FILE, HONOURED, ConfigError, read_config
from server.launch import address, ports
from server.launch.certificate import self_signed
from server.launch.embedded import go_on
from server.settings import Settings, SettingsError
from tests.launch.running import refused

LINES = """\
Plain http is for this machine only. For 0.0.0.0 type one of:
  ./openfloor run --host 0.0.0.0 --tls self
  ./openfloor run --host 0.0.0.0 --tls-cert CERT.pem --tls-key KEY.pem
  PUBLIC_URL=https://NAME ./openfloor run --host 0.0.0.0 --trust-proxy
"""


def options(**given: object) -> Namespace:
    """The options of `run` as the command line reads them."""
    usual = {"host": "127.0.0.1", "port": 0, "tls": None, "tls_cert": None, "tls_key": None}
    return Namespace(**{**usual, "trust_proxy": None, **given})


def settings_environ(folder: Path, **more: str) -> dict[str, str]:
    """What a process needs, and more."""
    (folder / "secret").write_bytes(b"s" * 32)
    needed = {"OPENFLOOR_STORE_URL": "redis://store:6379/0"}
    return {**needed, "OPENFLOOR_SECRET_FILE": str(folder / "secret"), **more}


def test_plain_http_to_the_network_is_refused_with_the_lines(tmp_path: Path) -> None:
    assert refused("run", "--host", "0.0.0.0", "--data", str(tmp_path)) == LINES
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("public", ["", "http://floor.example"])
def test_a_proxy_is_trusted_only_with_a_public_https_address(public: str) -> None:
    with pytest.raises(address.CannotRun) as refusal:
        address.refuse_open_http(
            options(host="0.0.0.0", trust_proxy="10.0.0.5"), {"PUBLIC_URL": public}
        )
    assert f"{refusal.value}\n" == LINES


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("https://Floor.Example", "https://floor.example"),
        ("HTTPS://floor.example:443/", "https://floor.example"),
        ("http://localhost:80", "http://localhost"),
        ("https://floor.example:8443", "https://floor.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://[2001:DB8::5]:443", "https://[2001:db8::5]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_the_public_address_is_kept_as_browsers_say_it(
    tmp_path: Path, typed: str, said: str
) -> None:
    environ = settings_environ(tmp_path, OPENFLOOR_PUBLIC_URL=typed)
    assert Settings.from_environ(environ).public_url == said


def test_an_international_name_is_asked_for_in_its_ascii_form(tmp_path: Path) -> None:
    environ = settings_environ(tmp_path, OPENFLOOR_PUBLIC_URL="https://bücher.example")
    with pytest.raises(SettingsError, match=r"as browsers send it, in ASCII \(xn--"):
        Settings.from_environ(environ)


@pytest.mark.parametrize(
    "public",
    [
        "floor.example",
        "https://floor.example/below",
        "ftp://a.b",
        "https://",
        "https://floor.example:port",
        "https://floor.example:99999",
        "https://me@floor.example",
        "https://floor.example?x=1",
        "https://floor.example#x",
        "https://floor example",
        "https://[::1",
    ],
)
def test_a_public_address_is_an_origin(tmp_path: Path, public: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(settings_environ(tmp_path, OPENFLOOR_PUBLIC_URL=public))
    words = f"OPENFLOOR_PUBLIC_URL={public!r} must be like https://floor.example."
    assert str(refusal.value) == words


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    with pytest.raises(address.CannotRun) as refusal:
        address.address(options(tls_cert=tmp_path / "a.pem"), {}, tmp_path, go_on)
    assert str(refusal.value) == "--tls-cert and --tls-key belong together."


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = str(tmp_path / "a.pem")
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(
            settings_environ(tmp_path, OPENFLOOR_TLS_CERT=absent, OPENFLOOR_TLS_KEY=absent)
        )
    assert str(refusal.value) == f"OPENFLOOR_TLS_CERT={absent} cannot be read."


def test_a_certificate_with_the_key_of_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    cert, key = self_signed(tmp_path, "a.example")[0], self_signed(tmp_path / "other", "b")[1]
    words = "are no certificate in PEM and the key that belongs to it, without a passphrase.\n"
    said = refused(
        *("run", "--port", "0", "--data", str(tmp_path / "data")),
        *("--tls-cert", str(cert), "--tls-key", str(key)),
    )
    assert said == f"--tls-cert {cert} and --tls-key {key} {words}"


def test_what_cannot_be_a_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data, why in (
        (tmp_path / "file", "It is a file"),
        (tmp_path / "file/in", "Not a directory"),
    ):
        said = refused("run", "--port", "0", "--data", str(data))
        assert said == f"{data} cannot be the data folder: {why}.\n"


def test_a_server_by_hand_speaks_no_plain_http_to_the_network_either(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Plain http is for this machine only"):
        Settings.from_environ(settings_environ(tmp_path, OPENFLOOR_HOST="0.0.0.0"))


def test_a_limit_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    said = refused("run", "--port", "0", "--data", str(tmp_path), OPENFLOOR_LIMIT_VOTES="5")
    assert said == "OPENFLOOR_LIMIT_VOTES is no limit; docs/settings.md lists them.\n"


def test_a_port_in_use_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(address, "PORT_FREE_S", 0.0)
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(address.CannotRun, match=f"Port {port} is in use. Type --port 0"):
            address.address(options(port=port), {}, tmp_path, go_on)


def test_a_port_that_was_chosen_is_kept_for_our_own_servers(tmp_path: Path) -> None:
    found = address.address(options(), {}, tmp_path, go_on)
    with found.held:
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind((found.host, found.port))
        ports.close(ports.bind(found.host, found.port))


def test_an_unknown_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(address.CannotRun, match="there is no such address"):
        address.address(options(host="no-such-host.invalid", tls="self"), {}, tmp_path, go_on)


def test_all_addresses_are_told_by_one_that_others_can_reach(tmp_path: Path) -> None:
    found = address.address(options(host="0.0.0.0", tls="self"), {}, tmp_path, go_on)
    found.held.close()
    assert found.public_url.startswith("https://")
    assert "0.0.0.0" not in found.public_url


def test_a_certificate_is_kept_for_its_host_and_made_anew_for_another(tmp_path: Path) -> None:
    first = self_signed(tmp_path, "127.0.0.1")[0].read_bytes()
    assert self_signed(tmp_path, "127.0.0.1")[0].read_bytes() == first
    assert self_signed(tmp_path, "floor.example")[0].read_bytes() != first


def test_hypercorn_toml_holds_what_we_honour_and_no_more(tmp_path: Path) -> None:
    assert sorted(HONOURED) == [
        "backlog",
        "graceful_timeout",
        "h11_max_incomplete_size",
        "include_server_header",
        "keep_alive_timeout",
    ]
    config = read_config(FILE)
    assert config.keep_alive_timeout == 5
    assert config.backlog == 4096
    assert config.include_server_header is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('bind = "0.0.0.0:80"\nworkers = 4', "bind, workers cannot be set here"),
        ("websocket_ping_interval = 20", "websocket_ping_interval cannot be set here"),
        ('backlog = "many"', "backlog must be a whole number from 1"),
        ("backlog = 0", "backlog must be a whole number from 1"),
        ("include_server_header = 1", "include_server_header must be true or false"),
        ("backlog = = 3", "cannot be read"),
    ],
)
def test_other_words_in_hypercorn_toml_are_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "hypercorn.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_config(file)
