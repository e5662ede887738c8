"""The one JSON loader for input: bounded in size and depth, no duplicate keys, NaN, NUL, surrogates."""

from __future__ import annotations

import json
from typing import NoReturn

from server.domain.refusals import Refusal, Refused, Sentence

MAX_BYTES = 16_384
MAX_DEPTH = 16


def _bad(why: str, **values: object) -> Refused:
    return Refused(
        Refusal.BAD_INPUT, "This is not JSON that we take: {why}.", why=Sentence(why, values)
    )


def _constant(name: str) -> NoReturn:
    raise _bad("{name} is no number", name=name)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("a key stands twice")
    return found


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _bad("a number is too large")
    return number


def _check_depth(text: str) -> None:
    depth, quoted, escaped = 0, False, False
    for c in text:
        if quoted:
            escaped, quoted = (c == "\\" and not escaped), (c != '"' or escaped)
        elif c == '"':
            quoted = True
        elif c in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _bad("it nests deeper than {depth}", depth=MAX_DEPTH)
        elif c in "]}":
            depth -= 1


def loads(raw: bytes, limit: int = MAX_BYTES) -> object:
    """The value in `raw`; refused TOO_LARGE above `limit` bytes, else BAD_INPUT with the reason."""
    if len(raw) > limit:
        raise Refused(Refusal.TOO_LARGE, "At most {high} bytes are taken here.", high=limit)
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        value: object = json.loads(
            text, parse_constant=_constant, object_pairs_hook=_pairs, parse_float=_float
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _bad("it is not valid UTF-8") from None
    except ValueError:
        raise _bad("it cannot be parsed") from None
    if "\\u0000" in text or "\x00" in text:
        raise _bad("it holds a NUL")
    return value
