"""What an archive of a log holds beside the log itself: openings of public texts, and the rules."""

from __future__ import annotations

import json

from redis.asyncio import Redis

from server.store import keys, openings, typed


async def kept_beside(store: Redis, meeting: str, public_json: bytes) -> dict[str, bytes]:
    """Files by their path in the archive, for the questions in public.json; no text that is not public."""
    ids = [str(row["q"]) for row in json.loads(public_json)["questions"]]
    opened = await openings.of_questions(store, meeting, ids)
    said = [str(c) for c in await typed.hkeys(store, keys.openings(meeting))]
    opened |= await openings.of_layers(store, meeting, said)
    held = {f"opening/{name}.json": data for name, data in opened.items()}
    for sha256, text in (await typed.hgetall(store, keys.rules(meeting))).items():
        held[f"rules/{sha256}"] = text.encode()
    return held
