"""Settings: one frozen value, read once from the environment; the only reader of it (docs/settings.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A missing or odd value; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is OPENFLOOR_LIMIT_<NAME>, a whole number."""

    frame_bytes: int = 16_384
    backlog: int = 4_096
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
    data: Path
    host: str
    port: int
    public_url: str
    tls_cert: Path | None
    tls_key: Path | None
    secret: bytes
    limits: Limits
    trusted_proxies: tuple[str, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`; SettingsError names what is missing or odd."""
        store = _needed(environ, "OPENFLOOR_STORE_URL")
        port = _whole("OPENFLOOR_PORT", environ.get("OPENFLOOR_PORT", "8000"), 0, 65_535)
        host = environ.get("OPENFLOOR_HOST", "127.0.0.1")
        cert, key = environ.get("OPENFLOOR_TLS_CERT"), environ.get("OPENFLOOR_TLS_KEY")
        return cls(
            store_url=store,
            jobs_url=environ.get("OPENFLOOR_JOBS_URL", store),
            data=Path(environ.get("OPENFLOOR_DATA", "data")).resolve(),
            host=host,
            port=port,
            public_url=_origin(environ.get("OPENFLOOR_PUBLIC_URL", f"http://{host}:{port}")),
            tls_cert=Path(cert) if cert else None,
            tls_key=Path(key) if key else None,
            secret=_secret(Path(_needed(environ, "OPENFLOOR_SECRET_FILE"))),
            limits=_limits(environ),
            trusted_proxies=_proxies(environ.get("OPENFLOOR_TRUSTED_PROXIES", "")),
        )


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not set.")
    return value


def _whole(name: str, text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text!r} must be a whole number from {low} to {high}.")
    return int(text)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise SettingsError(f"OPENFLOOR_PUBLIC_URL={url!r} must be like https://floor.example.")
    return f"{parts.scheme}://{parts.netloc}"


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
    for field in fields(Limits):
        name = f"OPENFLOOR_LIMIT_{field.name.upper()}"
        if name in environ:
            values[field.name] = _whole(name, environ[name], 1, 10_000_000)
    return Limits(**values)
