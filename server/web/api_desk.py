"""The desk over the API: its queues and their changes (long poll), and the desk's log."""

from __future__ import annotations

import asyncio
import re

from quart import Response, jsonify, request

from server.acts import desk
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.web import desk_log_rows, desk_rows, people
from server.web.api import endpoint, meeting_at
from server.web.api_desk_answers import DeskAnswer, DeskLogAnswer
from server.web.parts import parts

WAIT_MAX_S = 15
LOOK_S = 0.25
LOG_PAGE = 50
# The store's numbers have 64 bits, and nothing stands before 0-0.
POSITION = re.compile(r"(?!0+-0+$)[0-9]{1,19}-[0-9]{1,19}")


def position_of(name: str) -> str:
    """A stream position in the query, '' when there is none; refused when it is odd."""
    text = request.args.get(name, "")
    if text and not POSITION.fullmatch(text):
        raise Refused(Refusal.BAD_INPUT, "is not a position that was told here.", field=name)
    return text


@endpoint("GET", "/meetings/<slug>/desk", DeskAnswer, query=("after", "wait"))
async def desk_changes(slug: str) -> Response:
    """All of the desk; with `after` what changed since that position, waited for up to `wait` s."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    after, store = position_of("after"), parts().store
    if not after:
        return jsonify(desk_rows.told(await desk.look(store, meeting.id)))
    text = request.args.get("wait", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Refused(Refusal.BAD_INPUT, "must be a number of seconds.", field="wait")
    loop = asyncio.get_running_loop()
    until = loop.time() + min(int(text), WAIT_MAX_S)
    found = await desk.since(store, meeting.id, after)
    while found is None and loop.time() < until:
        await asyncio.sleep(LOOK_S)
        found = await desk.since(store, meeting.id, after)
    # Revoked while waiting? Then this answer is nobody's any more.
    (await people.member_of_staff(meeting)).need(Act.READ_WAITING)
    if found is None:
        return jsonify(desk_rows.unchanged(after))
    return jsonify(desk_rows.told(found))


@endpoint("GET", "/meetings/<slug>/desk/log", DeskLogAnswer, query=("before", "by", "reason", "n"))
async def desk_log(slug: str) -> Response:
    """Every act by anyone, newest first."""
    meeting = await meeting_at(slug)
    (await people.member_of_staff(meeting)).need(Act.READ_LOG)
    found = await desk_log_rows.page(
        meeting, position_of("before"), desk_log_rows.chosen(), LOG_PAGE
    )
    return jsonify({"acts": found.rows, "before": found.before})
