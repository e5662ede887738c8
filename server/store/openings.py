"""What commitments stand for, as far as everybody may read it (docs/log.md, "Addresses")."""

from __future__ import annotations

import json
from dataclasses import dataclass

from redis.asyncio import Redis

from server.domain.question import State, text_is_public
from server.store import keys, question_rows, typed
from server.translog import layers, leaf
from server.translog.layers import Layer

PUBLIC_LAYERS = frozenset({Layer.NOTE, Layer.WORDING, Layer.ANSWER})


@dataclass(frozen=True, slots=True)
class Own:
    """What a question's asker holds of it: the opening, and where its leaf is once that is signed."""

    salt: str
    opening: str
    index: int | None
    covered: str | None


async def own(redis: Redis, meeting: str, q: str) -> Own | None:
    """A question's opening in whatever state, for its asker alone; None where it was erased."""
    row = await typed.hgetall(redis, keys.question(meeting, q))
    if not row.get("salt"):
        return None
    text = leaf.opening(meeting, q, row["text"], row["lang"], row.get("name") or None)
    index = int(row["leaf"]) if row.get("leaf") else None
    return Own(row["salt"], text.decode(), index, row.get("covered"))


async def of_question(redis: Redis, meeting: str, q: str) -> bytes | None:
    """{salt, opening} of a question whose text is public; None of every other."""
    row = await typed.hgetall(redis, keys.question(meeting, q))
    salt = row.get("salt")
    if not salt or not text_is_public(State(row["state"]), row.get("withheld") == "1"):
        return None
    text = leaf.opening(meeting, q, row["text"], row["lang"], row.get("name") or None)
    return leaf.canonical({"opening": text.decode(), "salt": salt})


async def withheld(redis: Redis, meeting: str, q: str) -> str | None:
    """The reason for which a question's text is withheld, or None."""
    row = await typed.hmget(redis, keys.question(meeting, q), ["state", "withheld", "reason"])
    return row[2] if row[0] == State.SCREENED_OUT and row[1] == "1" else None


async def of_layer(redis: Redis, meeting: str, commitment: str) -> bytes | None:
    """{salt, opening} of a public note, wording or written answer beside a public text."""
    told = await typed.hget(redis, keys.openings(meeting), commitment)
    held = json.loads(told) if told else {}
    if held.get("kind") not in PUBLIC_LAYERS:
        return None
    found = await question_rows.read_one(redis, meeting, held["q"])
    if found is None or not text_is_public(found.state, found.withheld):
        return None
    text = layers.opening(meeting, held["q"], Layer(held["kind"]), held["text"])
    return leaf.canonical({"opening": text.decode(), "salt": held["salt"]})
