"""Settings: one frozen value, read once from the environment; the only reader of it (docs/settings.md)."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from server.domain.store_address import BadAddress, sentinels


class SettingsError(Exception):
    """A missing or odd value; the sentence names it."""


STORES = ("redis://", "rediss://", "unix://", "redis+sentinel://")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is OPENFLOOR_LIMIT_<NAME>, a whole number."""

    frame_bytes: int = 16_384
    handshake_s: int = 10
    sockets_per_voter: int = 3
    sockets_per_process: int = 12_000
    joins_per_s: int = 600
    votes_per_s: int = 5
    vote_burst: int = 20
    network_per_min: int = 6_000
    tick_ms: int = 250
    batch_ms: int = 5
    batch_votes: int = 200
    batch_waiting: int = 5_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process is told. `public_url` has no trailing slash."""

    store_url: str
    jobs_url: str
    store_replicas: int
    data: Path
    log_keys: Path
    host: str
    port: int
    public_url: str
    tls_cert: Path | None
    tls_key: Path | None
    secret: bytes
    limits: Limits
    trusted_proxies: tuple[str, ...] = ()
    witnesses: Path | None = None
    anchor_witnesses: Path | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`; SettingsError names what is missing or odd."""
        store = _store(environ, "OPENFLOOR_STORE_URL", None)
        port = _whole("OPENFLOOR_PORT", environ.get("OPENFLOOR_PORT", "8000"), 0, 65_535)
        host = environ.get("OPENFLOOR_HOST", "127.0.0.1")
        cert, key = _file(environ, "OPENFLOOR_TLS_CERT"), _file(environ, "OPENFLOOR_TLS_KEY")
        if (cert is None) != (key is None):
            raise SettingsError("OPENFLOOR_TLS_CERT and OPENFLOOR_TLS_KEY belong together.")
        if cert is not None and key is not None:
            _pair(cert, key)
        shown = f"[{host}]" if ":" in host else host
        public = _origin(environ.get("OPENFLOOR_PUBLIC_URL", f"http://{shown}:{port}"))
        if host not in LOOPBACK and cert is None and not public.startswith("https://"):
            raise SettingsError(
                f"Plain http is for this machine only. For OPENFLOOR_HOST={host} set"
                " OPENFLOOR_TLS_CERT and OPENFLOOR_TLS_KEY, or OPENFLOOR_PUBLIC_URL=https://NAME"
                " where a proxy in front speaks https."
            )
        data = Path(environ.get("OPENFLOOR_DATA", "data")).resolve()
        keys = environ.get("OPENFLOOR_LOG_KEYS") or data.parent / f"{data.name}-keys"
        return cls(
            store_url=store,
            jobs_url=_store(environ, "OPENFLOOR_JOBS_URL", store),
            store_replicas=_replicas(environ, store),
            data=data,
            log_keys=Path(keys).resolve(),
            host=host,
            port=port,
            public_url=public,
            tls_cert=cert,
            tls_key=key,
            secret=_secret(Path(_needed(environ, "OPENFLOOR_SECRET_FILE"))),
            limits=_limits(environ),
            trusted_proxies=_proxies(environ.get("OPENFLOOR_TRUSTED_PROXIES", "")),
            witnesses=_file(environ, "OPENFLOOR_WITNESSES"),
            anchor_witnesses=_file(environ, "OPENFLOOR_ANCHOR_WITNESSES"),
        )


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not set.")
    return value


def _store(environ: Mapping[str, str], name: str, fallback: str | None) -> str:
    """A store's address, given itself or as NAME_FILE, so that its password need not be in the
    environment."""
    file = environ.get(f"{name}_FILE")
    if file:
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE={file} cannot be read.") from error
    else:
        url = environ.get(name) or fallback or _needed(environ, name)
    if not url.startswith(STORES):
        raise SettingsError(f"{name} must begin with {', '.join(STORES)}.")
    try:
        sentinels(url)
    except BadAddress as reason:
        raise SettingsError(f"{name} is odd. {reason}") from None
    return url


def _replicas(environ: Mapping[str, str], store: str) -> int:
    """With Sentinels there is a failover, and it must find what was acknowledged."""
    usual = "1" if store.startswith("redis+sentinel://") else "0"
    name = "OPENFLOOR_STORE_REPLICAS"
    return _whole(name, environ.get(name, usual), 0, 9)


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    path = Path(environ[name]) if environ.get(name) else None
    if path is not None and not os.access(path, os.R_OK):
        raise SettingsError(f"{name}={path} cannot be read.")
    return path


def _pair(cert: Path, key: Path) -> None:
    """Nothing, where a server can speak TLS with the two; one that waits for a passphrase cannot."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (OSError, ValueError):
        raise SettingsError(
            f"OPENFLOOR_TLS_CERT={cert} and OPENFLOOR_TLS_KEY={key} are no certificate in PEM and the"
            " key that belongs to it, without a passphrase."
        ) from None


def _whole(name: str, text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text!r} must be a whole number from {low} to {high}.")
    return int(text)


def _origin(url: str) -> str:
    """The address as a browser says it in Host and Origin: small letters, no port that the scheme
    means anyway, an international name in its ASCII form."""
    odd = SettingsError(f"OPENFLOOR_PUBLIC_URL={url!r} must be like https://floor.example.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise odd from None
    if not host.isascii():
        raise SettingsError(
            f"OPENFLOOR_PUBLIC_URL={url!r}: write the name as browsers send it, in ASCII (xn--...)."
        )
    if parts.scheme not in DEFAULT_PORTS or parts.path not in ("", "/"):
        raise odd
    name = f"[{host}]" if ":" in host else host
    if not HOST.fullmatch(name) or "@" in parts.netloc or parts.query or parts.fragment:
        raise odd
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{shown}"


def _secret(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"OPENFLOOR_SECRET_FILE={path}: {error.strerror}.") from error
    if len(raw) != 32:
        raise SettingsError(f"OPENFLOOR_SECRET_FILE={path} must hold exactly 32 bytes.")
    return raw


def _proxies(listed: str) -> tuple[str, ...]:
    found = tuple(one.strip() for one in listed.split(",") if one.strip())
    for one in found:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise SettingsError(f"OPENFLOOR_TRUSTED_PROXIES: {error}.") from error
    return found


def _limits(environ: Mapping[str, str]) -> Limits:
    values: dict[str, int] = {}
    known = {f"OPENFLOOR_LIMIT_{field.name.upper()}" for field in fields(Limits)}
    for name in sorted(environ):
        if name.startswith("OPENFLOOR_LIMIT_") and name not in known:
            raise SettingsError(f"{name} is no limit; docs/settings.md lists them.")
    for field in fields(Limits):
        name = f"OPENFLOOR_LIMIT_{field.name.upper()}"
        if name in environ:
            values[field.name] = _whole(name, environ[name], 1, 10_000_000)
    return Limits(**values)
