"""Exports of a meeting as the store keeps them. Their files are in the jobs' store (export_files)."""

from __future__ import annotations

import json
from dataclasses import asdict

from redis.asyncio import Redis

from server.domain.export import KEPT, UNFINISHED, Export, Kind, Stage
from server.store import keys, typed
from server.store.call import call


def _encode(export: Export) -> str:
    return json.dumps(asdict(export), sort_keys=True)


def _decode(text: str) -> Export:
    fields = json.loads(text)
    fields |= {"kind": Kind(fields["kind"]), "stage": Stage(fields["stage"])}
    return Export(**fields)


async def ask(redis: Redis, meeting: str, export: Export) -> bool:
    """Keep a new export; False while too many are unfinished. Idempotent by its id."""
    told: list[str | int] = [export.id, _encode(export), KEPT, UNFINISHED]
    return bool(await call(redis, "ask_export", [keys.exports(meeting)], told) == "asked")


async def change(redis: Redis, meeting: str, before: Export, after: Export) -> bool:
    """Make `before` into `after`; False when somebody changed it meanwhile, or it is gone."""
    told = [before.id, _encode(before), _encode(after)]
    return bool(await call(redis, "change_export", [keys.exports(meeting)], told) == "changed")


async def read(redis: Redis, meeting: str, export: str) -> Export | None:
    """The export with this id, or None."""
    row = await typed.hget(redis, keys.exports(meeting), export)
    return _decode(row) if row else None


async def all_of(redis: Redis, meeting: str) -> list[Export]:
    """All exports of a meeting, newest first."""
    rows = await typed.hgetall(redis, keys.exports(meeting))
    return sorted(map(_decode, rows.values()), key=lambda one: (-one.at, one.id))
