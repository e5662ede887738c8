"""hypercorn.toml, read by Hypercorn's own loader; only keys that we honour are taken."""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path

from hypercorn.config import Config

FILE = Path(__file__).parents[1] / "hypercorn.toml"
HONOURED: dict[str, type] = {
    "keep_alive_timeout": int,
    "graceful_timeout": int,
    "h11_max_incomplete_size": int,
    "backlog": int,
    "include_server_header": bool,
}


class ConfigError(Exception):
    """The file asks for something that would be silently ignored, or cannot be read."""


def read_config(path: Path) -> Config:
    """Hypercorn's configuration; ConfigError names what we do not honour and what is of a wrong type."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.") from error
    odd = sorted(set(given) - set(HONOURED))
    if odd:
        raise ConfigError(
            f"{path.name}: {', '.join(odd)} cannot be set here;"
            " address, port and TLS belong on the command line of ./openfloor run."
        )
    for name, value in given.items():
        if type(value) is not HONOURED[name] or (type(value) is int and value < 1):
            kind = "true or false" if HONOURED[name] is bool else "a whole number from 1"
            raise ConfigError(f"{path.name}: {name} must be {kind}.")
    config = Config.from_toml(path)
    config.errorlog = logging.getLogger("hypercorn.error")  # through the journal
    return config
