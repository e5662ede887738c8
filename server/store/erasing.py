"""Taking a question's words out of the store, and out of the file behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from server.store import keys, replicas, typed
from server.store.call import call

REWRITE_S = 60.0
LOOK_S = 0.05


async def erase(
    redis: Redis,
    meeting: str,
    q: str,
    revision: int,
    basis: str,
    intent: str,
    now: int,
    sign_in: str,
    rebuilds: bool = False,
) -> str:
    """'committed' | 'contended' | 'unknown' | 'signed_out' | 'erased' | 'rebuilding'; all or nothing has
    changed. `rebuilds`: the log holds it, and the meeting is brought back.

    `sign_in` is the digest of the asker's token, '' for an organiser. What is beside the question is
    read first: whoever adds to it meanwhile moves the revision.
    """
    rows = await typed.hgetall(redis, keys.openings(meeting))
    beside = [c for c, row in rows.items() if json.loads(row)["q"] == q]
    m = meeting
    used = [keys.question(m, q), keys.openings(m), keys.intake(m), keys.desk_log(m)]
    used += [
        keys.history(m, q),
        keys.events(m),
        keys.analysed(m, "signatures"),
        keys.analysed(m, "similar"),
    ]
    used += [keys.sign_in(m, sign_in) if sign_in else keys.meeting(m), keys.meeting(m)]
    told: list[str | int] = [q, revision, basis, intent, now, int(rebuilds), *beside]
    answer = await call(redis, "erase_question", used, told)
    return str(answer[0])


async def owe(redis: Redis, meeting: str, why: str) -> None:
    """Say that the store's file must be written anew, for something else than an erasure."""
    await redis.hset(keys.meeting(meeting), "unwritten", why)


async def owed(redis: Redis, meetings: Sequence[str]) -> dict[str, str]:
    """The meetings of these in which something was erased or destroyed since the store's file was written
    anew, with what `paid` wants to hear; one round trip."""
    return await typed.each(redis, {m: keys.meeting(m) for m in meetings}, "unwritten")


async def paid(redis: Redis, meeting: str, last: str) -> bool:
    """The file was written anew after this was read from `owed`; False where more was erased since."""
    return bool(await call(redis, "words_gone", [keys.meeting(meeting)], [last]))


async def rewrite(redis: Redis, within_s: float = REWRITE_S) -> bool:
    """Write the store's file anew, and that of each replica that the Sentinels see alive, and wait until
    what was deleted is in them no more; False where one does not say so, for whatever reason: it must be
    tried again."""
    try:
        async with asyncio.timeout(within_s), replicas.alive(redis) as others:
            place = (await redis.info("replication")).get("master_repl_offset", 0)
            written = await _anew(redis)
            for other in others:
                await _reached(other, int(place))
                written = await _anew(other) and written
    except (TimeoutError, RedisError):
        return False
    return written


async def _anew(redis: Redis) -> bool:
    await _begin(redis)
    return (await _idle(redis)).get("aof_last_bgrewrite_status") == "ok"


async def _reached(replica: Redis, place: int) -> None:
    """Return once a replica has taken all up to this place of its leader's stream of changes."""
    while int((await replica.info("replication")).get("slave_repl_offset", -1)) < place:
        await asyncio.sleep(LOOK_S)


async def _begin(redis: Redis) -> None:
    while True:
        await _idle(redis)  # one under way began before the deletion
        try:
            await redis.bgrewriteaof()
        except ResponseError as error:
            if "in progress" not in str(error):
                raise
            continue  # somebody else's began in this instant: maybe before the deletion
        return


async def _idle(redis: Redis) -> dict[str, object]:
    while True:
        found: dict[str, object] = await redis.info("persistence")
        if not found.get("aof_rewrite_in_progress") and not found.get("aof_rewrite_scheduled"):
            return found
        await asyncio.sleep(LOOK_S)
