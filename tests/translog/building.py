"""Builders for the log's tests: leaves, trees, a signer of fixed seeds."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from server.translog import checkpoint, leaf
from server.translog.note import Signer
from server.translog.strict import Json

ROOT = Path(__file__).parents[2]
ORIGIN = "qa.example/log/aaaqeayeaudaocajbifqydiob4"
SEED = bytes(range(32))


def log_signer() -> Signer:
    """The key of the example log."""
    return checkpoint.signer(SEED, ORIGIN)


def vectors(name: str) -> list[dict[str, Any]]:
    """Published test vectors; the test is skipped, visibly, where the folder is absent."""
    given = os.environ.get("OPENFLOOR_TEST_DATA")
    data = Path(given) if given else ROOT.parent / "shared" / "data"
    path = data.parent / "vectors" / name
    if not path.exists():
        pytest.skip(f"no {name}: set OPENFLOOR_TEST_DATA to the data folder beside vectors/")
    return [json.loads(line) for line in path.read_text().splitlines()]


def q_id(number: int) -> str:
    """A question id of a small number."""
    return base64.urlsafe_b64encode(number.to_bytes(16, "big")).rstrip(b"=").decode()


def hash_of(text: str) -> str:
    """Some 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


Q, BY = q_id(7), "mod:3"
INTENTS: dict[str, dict[str, Json]] = {
    "log.open": {
        "origin": ORIGIN,
        "phase": "collecting",
        "policy": hash_of("policy"),
        "reasons": hash_of("reasons"),
        "ranking": "votes descending, then lower number",
        "windows": {
            "starts_at": None,
            "asking_from": None,
            "asking_until": 1_800_000_000,
            "voting_from": None,
            "voting_until": None,
        },
        "limits": {"min_chars": 10, "max_chars": 500, "submit_limit": 3},
        "after_display": 0,
        "readers": "link",
        "assurance": "A0",
    },
    "log.key": {"vkey_new": log_signer().key.text(), "from_size": 9},
    "log.close": {"counts": {"answered": 3}, "sha256": hash_of("public")},
    "m.phase": {"phase": "live", "by": "org:1"},
    "m.rule": {"what": "settings", "old": hash_of("a"), "new": hash_of("b"), "by": "org:1"},
    "m.role": {"roster": hash_of("roster")},
    "m.hold": {"rule": "network", "count": 12},
    "v.tick": {"n": 1, "sha256": hash_of("tick"), "eligible": 200, "active": 17},
    "q.received": {"q": Q, "c": hash_of("c"), "hl": None, "via": "web", "assurance": "A0"},
    "q.list": {"q": Q, "by": BY},
    "q.screen": {"q": Q, "reason": "off-topic", "withheld": 0, "votes": 4, "by": BY},
    "q.propose": {"q": Q, "act": "screen", "reason": "off-topic", "by": BY},
    "q.lapse": {"q": Q},
    "q.merge": {"q": Q, "into": q_id(8), "by": BY},
    "q.split": {"q": Q, "by": BY},
    "q.word": {"q": Q, "c2": hash_of("wording"), "by": BY},
    "q.hint": {"q": Q, "note": hash_of("hint"), "by": BY},
    "q.pick": {"q": Q, "tick": 1, "rank": 7, "by": "host:1"},
    "q.return": {"q": Q, "by": "host:1"},
    "q.answer": {"q": Q, "how": "air", "stream_s": 3_020, "by": "host:1"},
    "q.skip": {"q": Q, "reason": "no-time", "by": "host:1"},
    "q.withdraw": {"q": Q, "pre": hash_of("w")},
    "q.appeal": {"q": Q, "note": hash_of("appeal")},
    "q.judge": {"q": Q, "d": "overturned", "reason": "off-topic", "by": "mod:2"},
    "q.end": {"q": Q, "d": "not_reached"},
    "q.erase": {"q": Q, "what": ["salt", "text"], "basis": "author"},
}


def made(kind: str, at: int = 1_790_000_000, **changes: Json) -> bytes:
    """A valid leaf of a kind."""
    ref = 3 if kind.startswith("q.") and kind != "q.received" else None
    return leaf.finish({"v": 1, "t": kind, **INTENTS[kind], **changes}, at, ref)
