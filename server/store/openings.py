"""What commitments stand for, as far as everybody may read it (docs/log.md, "Addresses")."""

from __future__ import annotations

import json
from dataclasses import dataclass

from redis.asyncio import Redis

from server.domain.question import State, text_is_public
from server.store import keys, question_rows, typed
from server.translog import layers, leaf
from server.translog.layers import Layer

PUBLIC_LAYERS = frozenset({Layer.NOTE, Layer.WORDING, Layer.ANSWER, Layer.APPEAL})


@dataclass(frozen=True, slots=True)
class Own:
    """What a question's asker holds of it: the opening (None where erased or lost), and where its leaf is
    and its public number once that is signed: all of one moment."""

    salt: str | None
    opening: str | None
    index: int | None
    covered: str | None
    number: int | None


async def own(redis: Redis, meeting: str, q: str) -> Own | None:
    """A question's opening in whatever state, for its asker alone; None of one that the store never held."""
    row = await typed.hgetall(redis, keys.question(meeting, q))
    if not row:
        return None
    index = int(row["leaf"]) if row.get("leaf") else None
    number = int(row["number"]) if row.get("number") else None
    if not row.get("salt"):
        return Own(None, None, index, row.get("covered"), number)
    text = leaf.opening(meeting, q, row["text"], row["lang"], row.get("name") or None)
    return Own(row["salt"], text.decode(), index, row.get("covered"), number)


async def of_question(redis: Redis, meeting: str, q: str) -> bytes | None:
    """{salt, opening} of a question whose text is public; None of every other."""
    return (await of_questions(redis, meeting, [q])).get(q)


async def of_questions(redis: Redis, meeting: str, ids: list[str]) -> dict[str, bytes]:
    """The same of several, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    for q in ids:
        pipe.hgetall(keys.question(meeting, q))
    rows = await pipe.execute() if ids else []
    found: dict[str, bytes] = {}
    for q, row in zip(ids, rows, strict=True):
        salt = row.get("salt")
        if salt and text_is_public(State(row["state"]), row.get("withheld") == "1"):
            text = leaf.opening(meeting, q, row["text"], row["lang"], row.get("name") or None)
            found[q] = leaf.canonical({"opening": text.decode(), "salt": salt})
    return found


async def withheld(redis: Redis, meeting: str, q: str) -> str | None:
    """The reason for which a question's text is withheld, or None."""
    row = await typed.hmget(redis, keys.question(meeting, q), ["state", "withheld", "reason"])
    return row[2] if row[0] == State.SCREENED_OUT and row[1] == "1" else None


async def of_layer(redis: Redis, meeting: str, commitment: str) -> bytes | None:
    """{salt, opening} of a screening's note, or of a wording, a written answer or an appeal beside a
    public text."""
    return (await of_layers(redis, meeting, [commitment])).get(commitment)


async def of_layers(redis: Redis, meeting: str, commitments: list[str]) -> dict[str, bytes]:
    """The same of several, in two round trips; what is not public, erased or lost, is not among them."""
    if not commitments:
        return {}
    told = await typed.hmget(redis, keys.openings(meeting), commitments)
    held = {c: json.loads(one) for c, one in zip(commitments, told, strict=True) if one}
    asked = sorted({one["q"] for one in held.values()})
    rows = await question_rows.read(redis, meeting, asked)
    rows = [row for row in rows if not row.erased]
    there = {row.q for row in rows}
    public = {row.q for row in rows if text_is_public(row.state, row.withheld)}
    found: dict[str, bytes] = {}
    for c, one in held.items():
        kind = one["kind"]
        # A note is the moderator's own public word; the others may repeat what is withheld.
        if (kind == Layer.NOTE and one["q"] in there) or (
            kind in PUBLIC_LAYERS and one["q"] in public
        ):
            text = layers.opening(meeting, one["q"], Layer(kind), one["text"])
            found[c] = leaf.canonical({"opening": text.decode(), "salt": one["salt"]})
    return found
