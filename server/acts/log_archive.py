"""What an archive of a log holds beside the log itself: openings of public texts, and the rules."""

from __future__ import annotations

import json

from redis.asyncio import Redis

from server.store import keys, openings, typed


async def kept_beside(store: Redis, meeting: str, public_json: bytes) -> dict[str, bytes]:
    """Files by their path in the archive, for the questions in public.json; no text that is not public."""
    public = json.loads(public_json)
    held: dict[str, bytes] = {}
    for row in public["questions"]:
        found = await openings.of_question(store, meeting, row["q"])
        if found is not None:
            held[f"opening/{row['q']}.json"] = found
        for c in (row["note"], row["wording"], row["answer"]):
            beside = await openings.of_layer(store, meeting, c) if c else None
            if beside is not None:
                held[f"opening/{c}.json"] = beside
    for sha256, text in (await typed.hgetall(store, keys.rules(meeting))).items():
        held[f"rules/{sha256}"] = text.encode()
    return held
