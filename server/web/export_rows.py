"""Exports and failed jobs as pages and the API tell them: plain values, reasons by name."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from redis.exceptions import RedisError

from server.domain.export import UNDONE, Export, Stage
from server.domain.meeting import Meeting
from server.store import jobs
from server.web.parts import parts

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "zip": "application/zip"}
# Why a job failed, by the kind of its error; the sentences are `jobs.why_…` in the catalogue.
WHY = {
    "Killed": "killed",
    "JobTimeoutException": "slow",
    "TooLarge": "large",
    "OutOfMemoryError": "full",
    "MemoryError": "full",
    "ConnectionError": "store",
    "TimeoutError": "store",
    "TooFewReplicas": "store",
    "BusyLoadingError": "store",
    "ReadOnlyError": "store",
}
log = structlog.get_logger()


def export_value(meeting: Meeting, export: Export) -> dict[str, Any]:
    """One export; `file` is its address while there is one to be had."""
    ready = export.stage is Stage.READY
    at = f"/m/{meeting.slug}/organise/exports/{export.id}/file"
    return {
        "id": export.id,
        "kind": export.kind.value,
        "stage": export.stage.value,
        "percent": export.percent if export.stage in UNDONE else 100,
        "asked_at": export.at,
        "ready_at": export.ready_at if export.ready_at else None,
        "until": export.until() if ready else None,
        "size": export.size if ready else None,
        "sha256": export.sha256 if ready else None,
        "why": WHY.get(export.error, "other") if export.stage is Stage.FAILED else None,
        "file": at if ready else None,
    }


def amount(size: int) -> str:
    """A file's size in one unit, such as 84 KB."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


async def workers() -> int | None:
    """How many workers were heard lately; None where the queue's store does not say."""
    if not parts().jobs_url:
        return None
    try:
        return await asyncio.to_thread(jobs.workers, parts().jobs_url)
    except RedisError as error:
        log.warning("jobs_store_away", error=type(error).__name__)
        return None
