"""The proxy's own configuration in front of a running server, where nginx is installed."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.launch.running import ROOT, Run, eventually, free_port, get

pytestmark = pytest.mark.faults  # a whole server and a proxy


@dataclass(frozen=True, slots=True)
class Proxied:
    """A server behind the proxy, and whom to trust."""

    url: str
    cert: Path


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip(
            "no nginx and openssl here: apt-get install -y --no-install-recommends nginx-light"
        )
    folder = tmp_path_factory.mktemp("proxy")
    secrets = folder / "secrets"
    subprocess.run(["sh", "deploy/secrets.sh", "localhost", str(secrets)], cwd=ROOT, check=True)
    inside, outside, plain = free_port(), free_port(), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in (
        ("/tmp/", f"{folder}/"),
        ("server-1:8000", f"127.0.0.1:{inside}"),
        ("server-2:8000", f"127.0.0.1:{inside}"),
        ("listen 8443", f"listen 127.0.0.1:{outside}"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("/run/secrets/", f"{secrets}/"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    url = f"https://localhost:{outside}"
    arguments = ("--port", str(inside), "--data", str(folder / "data"), "--trust-proxy")
    run = Run(arguments, {"PUBLIC_URL": url}).start()
    proxy = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"])
    cert = secrets / "tls_certificate"
    try:
        eventually(lambda: get(url, "/", trust=cert)[0] == 200, "a page through the proxy")
        yield Proxied(url, cert)
    finally:
        proxy.terminate()
        proxy.wait()
        run.stop()


async def test_a_socket_passes_the_proxy_uncompressed_over_http_1_1(proxied: Proxied) -> None:
    context = ssl.create_default_context(cafile=str(proxied.cert))
    context.set_alpn_protocols(["h2", "http/1.1"])
    address = proxied.url.replace("https", "wss", 1) + "/live/spring"
    async with connect(
        address,
        origin=proxied.url,  # type: ignore[arg-type]
        ssl=context,
        compression="deflate",
        proxy=None,
    ) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        secure = client.transport.get_extra_info("ssl_object")
        assert secure.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_operators_stays_inside(proxied: Proxied, path: str) -> None:
    assert get(proxied.url, path, trust=proxied.cert)[0] == 404
