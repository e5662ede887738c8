"""What the record commits to: openings, commitments, intents, leaves (docs/log.md).

An intent is the canonical JSON (RFC 8785) of one act, made by the function's caller and appended to
the intake in the same commit. The sequencer adds time and place (`finish`); text never enters it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import rfc8785

from server.translog import strict
from server.translog.schema import ACTS, Field, aside, has_ref
from server.translog.strict import WHOLE_MAX, read_object

Json: TypeAlias = strict.Json
SALT_BYTES = 32
LEAF_MAX_BYTES = 1_024
INTENT_MAX_BYTES = 4_096


class LeafError(ValueError):
    """An intent or leaf that the table of acts does not know; the sentence names the field."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A valid leaf: type, time (epoch seconds), index of the question's previous leaf, own fields."""

    kind: str
    at: int
    ref: int | None
    fields: Mapping[str, Json]

    @property
    def q(self) -> str | None:
        """The question it is about, or None."""
        q = self.fields.get("q")
        return q if isinstance(q, str) else None


def canonical(value: Mapping[str, Json]) -> bytes:
    """RFC 8785 bytes of `value`; ValueError for a lone surrogate or an integer above 2^53-1."""
    try:
        return rfc8785.dumps(dict(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def opening(meeting: str, q: str, text: str, lang: str, name: str | None) -> bytes:
    """The bytes that a question's commitment stands for; bound to its meeting and id (no replay)."""
    return canonical({"as": name, "lang": lang, "meeting": meeting, "q": q, "text": text, "v": 1})


def commitment(salt: bytes, opened: bytes) -> str:
    """Lower-case hex of HMAC-SHA256(salt, opened). The key is exactly 32 bytes: HMAC pads shorter
    ones with zeros, so two salts could stand for one."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hmac.digest(salt, opened, "sha256").hex()


def sha256_hex(data: bytes) -> str:
    """Lower-case hex of SHA-256."""
    return hashlib.sha256(data).hexdigest()


def intent(kind: str, **fields: Json) -> str:
    """One act as the intake keeps it: canonical JSON text with `v` 1 and `t` the leaf's type."""
    return canonical({"v": 1, "t": kind, **fields}).decode()


def read_intent(text: str) -> Mapping[str, Json]:
    """The object in an intent's text; LeafError for what is not strict JSON."""
    try:
        return read_object(text, INTENT_MAX_BYTES)
    except ValueError as error:
        raise LeafError(str(error)) from error


def finish(intent: Mapping[str, Json], at: int, ref: int | None) -> bytes:
    """The leaf's bytes: the intent's act with its time and the question's previous leaf.

    LeafError, and no leaf, for anything that the table of acts does not know. What an intent may
    carry beside (`revision`, `meeting`) stays out of the leaf.
    """
    kind, table = _table(intent)
    body = {name: value for name, value in intent.items() if name not in aside(kind)}
    for name, field in table.items():
        if field.null:
            body.setdefault(name, None)
    body["at"] = at
    if has_ref(kind):
        body["ref"] = ref
    elif ref is not None:
        raise LeafError(f"{kind} has no ref")
    _check(kind, table, body)
    data = canonical(body)
    if len(data) > LEAF_MAX_BYTES:
        raise LeafError(f"a leaf of {len(data)} bytes is more than {LEAF_MAX_BYTES}")
    return data


def parse(data: bytes) -> Leaf:
    """The leaf in these bytes; LeafError where any other bytes would say the same, or the act or a
    field is unknown."""
    try:
        body = read_object(data, LEAF_MAX_BYTES)
    except ValueError as error:
        raise LeafError(str(error)) from error
    if canonical(body) != data:
        raise LeafError("these bytes are not canonical")
    kind, table = _table(body)
    _check(kind, table, body)
    at, ref = body["at"], body.get("ref")
    if not isinstance(at, int) or not (ref is None or isinstance(ref, int)):
        raise AssertionError("checked above")
    fields = {name: value for name, value in body.items() if name in table}
    return Leaf(kind, at, ref, fields)


def _table(body: Mapping[str, Json]) -> tuple[str, Mapping[str, Field]]:
    kind = body.get("t")
    if body.get("v") != 1 or isinstance(body.get("v"), bool):
        raise LeafError("v: must be 1")
    if not isinstance(kind, str) or kind not in ACTS:
        raise LeafError("t: must be the type of an act")
    return kind, ACTS[kind]


def _check(kind: str, table: Mapping[str, Field], body: Mapping[str, Json]) -> None:
    names = {"v", "t", "at", *table} | ({"ref"} if has_ref(kind) else set())
    for name in sorted(set(body) ^ names):
        raise LeafError(f"{kind}: {name} is {'unknown' if name in body else 'missing'}")
    for name in ("at", "ref"):
        value = body.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= WHOLE_MAX:
            raise LeafError(f"{kind}: {name} must be a whole number")
    try:
        for name, field in table.items():
            field.check(name, body[name])
    except ValueError as error:
        raise LeafError(f"{kind}: {error}") from error
