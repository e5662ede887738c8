"""The library of Redis functions: read from functions/*.lua, loaded when the store lacks it."""

from __future__ import annotations

from pathlib import Path

from redis.asyncio import Redis

FOLDER = Path(__file__).parent / "functions"


def source() -> str:
    """The whole library as one Lua text; the shared part comes first by its name."""
    return "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.lua")))


async def load(redis: Redis) -> None:
    """Make the store hold this version of the library. Safe to repeat; functions are stored durably."""
    await redis.function_load(source(), replace=True)
