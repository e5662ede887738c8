"""Reading JSON that must mean exactly one thing: no doubled names, no fractions, no deep nesting."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import NoReturn, TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
WHOLE_MAX = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not a whole number")


def _check(value: Json, depth: int) -> None:
    if depth > 6:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise ValueError("a text holds a lone surrogate")
        if not unicodedata.is_normalized("NFC", value):
            raise ValueError("a text is not in NFC")
    elif isinstance(value, int) and not -WHOLE_MAX <= value <= WHOLE_MAX:
        raise ValueError("a number is beyond 2^53-1")
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth + 1)
            _check(item, depth + 1)


def read_object(data: bytes | str, limit: int) -> Mapping[str, Json]:
    """The object in `data`; ValueError for anything else, or more than `limit` bytes."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > limit:
        raise ValueError(f"{len(raw)} bytes are more than {limit}")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_float=_no,
            parse_constant=_no,
            parse_int=lambda digits: int(digits) if len(digits) <= 17 else _no(digits),
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("this is not an object")
    _check(value, 0)
    return value
