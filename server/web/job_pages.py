"""The page of background jobs, for organisers of the deployment: what waits, runs and failed, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from quart import Response, request
from redis.exceptions import RedisError

from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.store import jobs, meetings, sequencing
from server.store.jobs import Overview, Seen, Work
from server.translog.checkpoint import log_id
from server.web import rendering
from server.web.export_rows import WHY
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import page
from server.web.staff_pages import organiser, staff_pages

DONE = ("again", "dismissed")


@staff_pages.get("/organise/jobs")
async def jobs_page() -> Response:
    """All that stands on the queue."""
    person = await organiser()
    person.need(Act.RUN_JOBS)
    found = await _overview()
    stands = await meetings.read_all(parts().store)
    named = {meeting.id: meeting for meeting in reversed(stands.meetings)}
    response = await html(
        "jobs.html",
        **page("Openfloor", person, notice=_notice()),
        halted=await _halted(named),
        odd=len(stands.odd),
        words_left=await _words_left(named),
        known=found is not None,
        depth=found.depth if found else 0,
        workers=found.workers if found else 0,
        running=[_row(seen, named) for seen in found.running] if found else [],
        failed=[_row(seen, named) for seen in found.failed] if found else [],
    )
    if found is None:
        response.status_code = 503
    return response


async def _halted(named: dict[str, Meeting]) -> list[dict[str, str]]:
    """The logs that are not signed on; the title of the anchor log is empty."""
    found = await sequencing.halted(parts().store, list(named))
    titles = {id: meeting.title for id, meeting in named.items()}
    return [{"title": titles.get(id, ""), "reason": reason} for id, reason in found.items()]


async def _words_left(named: dict[str, Meeting]) -> list[dict[str, str]]:
    """The logs in whose folder words lie that should be gone."""
    found = await sequencing.all_left(parts().store, list(named))
    return [{"title": named[id].title, "folder": log_id(id)} for id in found]


async def _overview() -> Overview | None:
    try:
        return await asyncio.to_thread(jobs.overview, parts().jobs_url)
    except (RedisError, ValueError):
        return None  # the page says so


def _row(seen: Seen, named: dict[str, Meeting]) -> dict[str, Any]:
    meeting = named.get(seen.ids[0]) if seen.ids else None
    work = Work(seen.work).name.lower() if seen.work in set(Work) else "other"
    return {
        "id": seen.id,
        "work": work,
        "slug": meeting.slug if meeting else "",
        "title": meeting.title if meeting else "",
        "at": seen.at,
        "tried": seen.tried,
        "why": WHY.get(seen.error, "other") if seen.error else None,
        "kind": seen.error,
    }


def _notice() -> str | None:
    """What was just done, said once."""
    for name in DONE:
        if name in request.args:
            return rendering.sentence(f"jobs.notice_{name}")
    return None


async def _act(act: Callable[[str, str], bool], done: str) -> Response:
    typed = await form()
    (await organiser()).need(Act.RUN_JOBS)
    if not await asyncio.to_thread(act, parts().jobs_url, typed.get("id", "")[:200]):
        raise Refused(Refusal.UNKNOWN, "This job is not among the failed ones any more.")
    return go(f"/organise/jobs?{done}=1")


@staff_pages.post("/organise/jobs/again")
async def job_again() -> Response:
    """Put a failed job back on the queue."""
    return await _act(jobs.try_again, "again")


@staff_pages.post("/organise/jobs/dismiss")
async def dismiss_job() -> Response:
    """Forget a failed job."""
    return await _act(jobs.dismiss, "dismissed")
