"""hypercorn.toml, read by Hypercorn's own loader; only keys that we honour are taken."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypercorn.config import Config

HONOURED = frozenset(
    {
        "keep_alive_timeout",
        "graceful_timeout",
        "h11_max_incomplete_size",
        "backlog",
        "include_server_header",
        "alpn_protocols",
    }
)


class ConfigError(Exception):
    """The file asks for something that would be silently ignored."""


def read_config(path: Path) -> Config:
    """Hypercorn's configuration; ConfigError names keys that we do not honour."""
    odd = sorted(set(tomllib.loads(path.read_text())) - HONOURED)
    if odd:
        raise ConfigError(
            f"{path.name}: {', '.join(odd)} cannot be set here;"
            " address, port and TLS belong on the command line of ./openfloor run."
        )
    return Config.from_toml(path)
