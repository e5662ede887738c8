"""Meetings in a series: the earlier log that a new meeting's log names as the one it continues."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from server.acts import meetings
from server.acts.log_folder import head_of
from server.acts.log_record import Records
from server.domain.refusals import Refusal, Refused
from server.translog import checkpoint
from server.translog.checkpoint import LOG_ID, Checkpoint, meeting_of
from server.translog.note import NoteError, VerifierKey

FIELDS = ("prev", "prev_note", "prev_vkey")
# The earlier log's origin and the public address, together: so many characters fit beside all else into
# the 1,024 bytes of a log's first leaf.
NAMES_MOST = 250


@dataclass(frozen=True, slots=True)
class Named:
    """What an organiser names: the address of an ended meeting here, or a log of another server by a
    checkpoint that it signed, with its key."""

    slug: str = ""
    note: str = ""
    vkey: str = ""


async def earlier_head(
    store: Redis, records: Records, logs: Path | None, public_url: str, named: Named
) -> Checkpoint | None:
    """The head to name as the one that is continued, None where nothing is named; refused by the field's
    name."""
    field = "prev_note" if named.note or named.vkey else "prev"
    if named.slug and field == "prev_note":
        raise Refused(
            Refusal.BAD_INPUT, "cannot be named beside a meeting of this server.", field=field
        )
    if field == "prev_note":
        head = await _elsewhere(store, named)
    elif named.slug:
        head = await _ended_here(store, records, logs, named.slug)
    else:
        return None
    if len(head.origin) + len(public_url) > NAMES_MOST:
        raise Refused(
            Refusal.ILLEGAL, "has a log whose name is too long to be named in another.", field=field
        )
    return head


async def _ended_here(store: Redis, records: Records, logs: Path | None, slug: str) -> Checkpoint:
    """Where the log of the meeting at this address ends now: it has ended, and its closing entry is
    published. Nothing but an erasure may follow it."""
    meeting = await meetings.by_slug(store, slug)
    if meeting is None:
        raise Refused(Refusal.BAD_INPUT, "is no meeting of this server.", field="prev")
    if not meeting.ended:
        raise Refused(
            Refusal.ILLEGAL, "is still open: only what is closed can be continued.", field="prev"
        )
    async with records.of(logs, meeting.id) as held:
        if held is None:
            raise Refused(Refusal.ILLEGAL, "has no log that could be continued.", field="prev")
        if held.record.closed is None:
            raise Refused(
                Refusal.ILLEGAL,
                "is closed, but its log has no last entry yet. Try again in a minute.",
                field="prev",
            )
        return head_of(held.note)


async def _elsewhere(store: Redis, named: Named) -> Checkpoint:
    """The head that a log of another server signed."""
    try:
        key = VerifierKey.parse(named.vkey.strip())
    except NoteError:
        raise Refused(Refusal.BAD_INPUT, "is not the key of a log.", field="prev_vkey") from None
    try:
        note = named.note.replace("\r\n", "\n").strip() + "\n"
        head = checkpoint.verified(note, key).checkpoint
    except NoteError:
        raise Refused(
            Refusal.BAD_INPUT, "is not signed with that log's key, or not whole.", field="prev_note"
        ) from None
    log = head.origin.rpartition("/")[2]
    if LOG_ID.fullmatch(log) and await meetings.by_id(store, meeting_of(log)) is not None:
        raise Refused(
            Refusal.BAD_INPUT,
            "belongs to a meeting of this server: choose it there.",
            field="prev_note",
        )
    return head
