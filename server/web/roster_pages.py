"""The roster of single-use codes: made here, or taken from a file; a sheet to print, shown once."""

from __future__ import annotations

import asyncio
import secrets

from quart import Response, request

from server.acts import admission
from server.domain.refusals import Refused
from server.domain.roster_file import RosterRefused, codes_in
from server.web import rendering
from server.web.log_keys import log_value
from server.web.organise_pages import run_page
from server.web.pages import form, go, html
from server.web.parts import parts
from server.web.rendering import join_address, meeting_value, page
from server.web.staff_pages import organised, staff_pages, whole

GROUPS = ((0, 5), (5, 10), (10, 15), (15, 20), (20, 26))


@staff_pages.post("/m/<slug>/organise/roster")
async def make_roster(slug: str) -> Response:
    """Make single-use codes and show them once, as a sheet to print."""
    typed = await form()
    meeting, person = await organised(slug)
    try:
        codes = admission.fresh_codes(whole(typed, "count"))
        await admission.add_codes(parts().store, meeting, codes)
    except Refused as refused:
        wrong = {refused.field: refused.sentence} if refused.field else {}
        return await run_page(meeting, person, refused=refused, typed=typed, wrong=wrong)
    # In an order of its own: where a slip lies on the sheet tells nothing about who gets it.
    secrets.SystemRandom().shuffle(codes)
    log = await log_value(meeting)
    return await html(
        "roster_sheet.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        join_link=join_address(meeting),
        log=log,
        key_qr=rendering.qr(log.vkey) if log else None,
        codes=[_grouped(code) for code in codes],
    )


def _grouped(code: str) -> str:
    """The code as people copy it from paper."""
    return "-".join(code[begin:end] for begin, end in GROUPS)


@staff_pages.post("/m/<slug>/organise/roster/file")
async def import_roster(slug: str) -> Response:
    """Take the codes of a CSV file, all or none. Only their digests are kept."""
    await form()
    meeting, person = await organised(slug)
    file = (await request.files).get("codes")
    try:
        # Apart from the event loop: eight megabytes take a second or two.
        codes = await asyncio.to_thread(codes_in, file.read() if file else b"")
        added = await admission.add_codes(parts().store, meeting, codes)
    except Refused as refused:
        wrong = {refused.field: refused.sentence} if refused.field else {}
        lines = refused.lines if isinstance(refused, RosterRefused) else ()
        return await run_page(meeting, person, refused=refused, wrong=wrong, lines=lines)
    return go(f"/m/{slug}/organise?added={added}")
