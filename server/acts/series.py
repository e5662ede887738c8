"""Meetings in a series: the earlier log that a new meeting's log names as the one it continues."""

from __future__ import annotations

from pathlib import Path

from redis.asyncio import Redis

from server.acts import meetings
from server.acts.log_folder import head_of
from server.acts.log_record import Records
from server.domain.refusals import Refusal, Refused
from server.translog.checkpoint import Checkpoint

FIELD = "prev"
# The earlier log's origin and the public address, together: so many characters fit beside all else into
# the 1,024 bytes of a log's first leaf.
NAMES_MOST = 250


async def earlier_head(
    store: Redis, records: Records, logs: Path | None, slug: str, public_url: str
) -> Checkpoint:
    """Where the log of the meeting at this address ends now; refused by the field's name unless that
    meeting has ended and its closing entry is published. Nothing but an erasure may follow it."""
    meeting = await meetings.by_slug(store, slug)
    if meeting is None:
        raise Refused(Refusal.BAD_INPUT, "is no meeting of this server.", field=FIELD)
    if not meeting.ended:
        raise Refused(
            Refusal.ILLEGAL, "is still open: only what is closed can be continued.", field=FIELD
        )
    async with records.of(logs, meeting.id) as held:
        if held is None:
            raise Refused(Refusal.ILLEGAL, "has no log that could be continued.", field=FIELD)
        if held.record.closed is None:
            raise Refused(
                Refusal.ILLEGAL,
                "is closed, but its log has no last entry yet. Try again in a minute.",
                field=FIELD,
            )
        head = head_of(held.note)
    if len(head.origin) + len(public_url) > NAMES_MOST:
        raise Refused(
            Refusal.ILLEGAL, "has a log whose name is too long to be named in another.", field=FIELD
        )
    return head
