"""Exports of the public record: asked for, carried on by workers, taken up again. Nothing here waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redis.asyncio import Redis

from server.domain.export import REPEATABLE, UNDONE, Export, Kind, Stage
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.question import text_is_public
from server.domain.refusals import Refusal, Refused
from server.store import desk_log, exports, keys, question_rows, typed

# After these a text that everybody could read may be public no more.
TAKES_AWAY = frozenset({"q.withdraw", "q.screen", "q.split", "q.hint", "q.erase"})
SHOWS = frozenset({"q.list", "q.screen", "q.merge", "q.answer", "q.judge"})
PAGE = 500
TRIES = 3
GONE = Refused(Refusal.UNKNOWN, "There is no such export. It may have made room for newer ones.")


async def ask(store: Redis, meeting: Meeting, id: str, kind: str, by: str, now: int) -> Export:
    """Ask for an export; the clock hands it to the workers. Idempotent by `id`, which the asker makes."""
    if kind not in set(Kind):
        raise Refused(Refusal.BAD_INPUT, "must be csv, json or zip.", field="kind")
    export = Export(checked(id), Kind(kind), by, now)
    if not await exports.ask(store, meeting.id, export):
        raise Refused(Refusal.BUSY, "Two exports are being made already. Wait for one.", 5.0)
    return await one(store, meeting, id)


async def one(store: Redis, meeting: Meeting, id: str) -> Export:
    """The export with this id; refused as unknown."""
    found = await exports.read(store, meeting.id, checked(id))
    if found is None:
        raise GONE
    return found


async def standing(store: Redis, meeting: Meeting, now: int) -> list[Export]:
    """All exports, newest first, each in the stage that it has now."""
    found = [replace(e, stage=e.standing(now)) for e in await exports.all_of(store, meeting.id)]
    ready = [export for export in found if export.stage is Stage.READY]
    taken = await _taken_away(store, meeting.id, ready)
    return [
        replace(e, stage=Stage.OUTDATED) if e.stage is Stage.READY and e.place < taken else e
        for e in [replace(e, place=_sortable(e.place)) for e in found]
    ]


async def ready(store: Redis, meeting: Meeting, id: str, now: int) -> Export:
    """The export with this id, whose file may be handed out; refused in words otherwise."""
    await one(store, meeting, id)
    found = {export.id: export for export in await standing(store, meeting, now)}.get(id)
    if found is None:
        raise GONE
    if found.stage is Stage.OUTDATED:
        raise Refused(
            Refusal.EXPIRED, "A text in this file is not public any more. Make the export again."
        )
    if found.stage is Stage.EXPIRED:
        raise Refused(Refusal.EXPIRED, "This file was kept for two days. Make the export again.")
    if found.stage is not Stage.READY:
        raise Refused(Refusal.ILLEGAL, "This export is not ready yet.")
    return found


async def again(store: Redis, meeting: Meeting, id: str, now: int) -> Export:
    """Make a failed, expired or outdated export again; any other stays as it is."""
    for _ in range(TRIES):
        before = await one(store, meeting, id)
        shown = {export.id: export for export in await standing(store, meeting, now)}
        if id in shown and shown[id].stage not in REPEATABLE:
            return before
        if await exports.change(store, meeting.id, before, anew(before)):
            return anew(before)
    raise Refused(Refusal.CONTENDED, "Somebody else changed this export. Look again.")


def anew(export: Export) -> Export:
    """The next attempt of an export: as if it had just been asked for."""
    return Export(
        export.id, export.kind, export.by, export.at, attempt=min(export.attempt + 1, 1_000_000)
    )


async def carry_on(store: Redis, meeting: str, id: str, attempt: int, **fields: object) -> bool:
    """A worker tells how far it is; False when this attempt is over, or the export is gone."""
    for _ in range(TRIES):
        before = await exports.read(store, meeting, id)
        if before is None or before.attempt != attempt or before.stage is Stage.READY:
            return False
        after = replace(before, **fields)  # type: ignore[arg-type]
        if await exports.change(store, meeting, before, after):
            return True
    return False


async def undone(store: Redis, meeting: str) -> list[Export]:
    """The exports that a worker has yet to make or to finish."""
    return [export for export in await exports.all_of(store, meeting) if export.stage in UNDONE]


def _sortable(place: str) -> str:
    ms, sequence = desk_log.order(place) if place else (0, 0)
    return f"{ms:020}-{sequence:020}"


async def _taken_away(store: Redis, meeting: str, ready: Sequence[Export]) -> str:
    """The place (sortable) of the last act since the oldest of these that took a public text away."""
    if not ready:
        return ""
    since, last = min((export.place for export in ready), key=_sortable), ""
    while True:
        acts = await desk_log.after(store, meeting, since, PAGE)
        if not acts:
            return last
        since = acts[-1].id
        found = [act for act in acts if act.kind in TAKES_AWAY and act.q]
        for act in await _hiding(store, meeting, found):
            last = max(last, _sortable(act.id))


async def _hiding(
    store: Redis, meeting: str, acts: Sequence[desk_log.LoggedAct]
) -> list[desk_log.LoggedAct]:
    """Those of the acts whose question is not public now, and was before them."""
    ids = sorted({act.q for act in acts if act.q})
    rows = {question.q: question for question in await question_rows.read(store, meeting, ids)}
    hidden = [
        q
        for q in ids
        if q not in rows or rows[q].erased or not text_is_public(rows[q].state, rows[q].withheld)
    ]
    runs = dict(zip(hidden, await desk_log.histories(store, meeting, hidden), strict=True))
    return [
        act
        for act in acts
        if any(
            past.kind in SHOWS and desk_log.order(past.id) < desk_log.order(act.id)
            for past in runs.get(act.q or "", ())
        )
    ]


async def place(store: Redis, meeting: str) -> str:
    """Where the desk's log ends now."""
    return await typed.last_entry(store, keys.desk_log(meeting))
