"""The environment variables that the code reads, found in the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from server.settings import Limits

ROOT = Path(__file__).parents[2]
NAME = re.compile(r'"(OPENFLOOR_[A-Z_]*[A-Z]|REDIS_[A-Z_]+|PUBLIC_URL)"')
PARTS = ("server", "workers")
# `_store` reads each of these also as NAME_FILE.
BY_FILE = {"OPENFLOOR_STORE_URL_FILE", "OPENFLOOR_JOBS_URL_FILE"}


def limit_names() -> dict[str, int]:
    """Each limit's variable and default."""
    limits = Limits()
    return {f"OPENFLOOR_LIMIT_{f.name.upper()}": getattr(limits, f.name) for f in fields(Limits)}


def code_names() -> set[str]:
    """Every variable that server and workers read."""
    found = set(BY_FILE)
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            found |= set(NAME.findall(path.read_text(encoding="utf-8")))
    return found | set(limit_names())
