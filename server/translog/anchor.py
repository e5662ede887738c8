"""The anchor log's leaves (docs/log.md, "The anchor log"): heads of the deployment's other logs, each
named by a hash, so that who reads the anchor learns no record's address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from server.translog import leaf
from server.translog.checkpoint import Checkpoint, log_id
from server.translog.leaf import LEAF_MAX_BYTES, LeafError
from server.translog.schema import HASH, WHOLE, Field
from server.translog.strict import read_object

# In the place of a meeting's id. Those are random; nobody draws sixteen zero bytes.
ANCHOR = "AAAAAAAAAAAAAAAAAAAAAA"
ANCHOR_ID = log_id(ANCHOR)
TYPE = "anchor.head"
_FIELDS: dict[str, Field] = {"at": WHOLE, "log": HASH, "root": HASH, "size": WHOLE}


@dataclass(frozen=True, slots=True)
class Anchored:
    """One leaf: at this time the log of this name had published this head."""

    at: int
    log: str
    size: int
    root: bytes


def name_of(origin: str) -> str:
    """What a log is called in the anchor: SHA-256 of its origin, which holds 128 random bits."""
    return hashlib.sha256(origin.encode()).hexdigest()


def anchored(head: Checkpoint, at: int) -> bytes:
    """The leaf's bytes."""
    told: dict[str, leaf.Json] = {"v": 1, "t": TYPE, "at": at, "log": name_of(head.origin)}
    return leaf.canonical({**told, "size": head.size, "root": head.root.hex()})


def parse(data: bytes) -> Anchored:
    """The leaf in these bytes; LeafError for any other bytes."""
    try:
        body = read_object(data, LEAF_MAX_BYTES)
        if leaf.canonical(body) != data or set(body) != {"v", "t", *_FIELDS}:
            raise ValueError("these bytes are not canonical, or name other fields")
        if body["v"] != 1 or isinstance(body["v"], bool) or body["t"] != TYPE:
            raise ValueError("this is no anchored head")
        for name, field in _FIELDS.items():
            field.check(name, body[name])
    except ValueError as error:
        raise LeafError(str(error)) from error
    at, size = int(str(body["at"])), int(str(body["size"]))
    return Anchored(at, str(body["log"]), size, bytes.fromhex(str(body["root"])))
