"""What an organiser types, turned into the fields of a Meeting, or refused by the field's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from server.domain import logo
from server.domain.meeting import Meeting, Phase, advance
from server.domain.refusals import Refusal, Refused, Sentence
from server.domain.screening import Reason
from server.domain.text import clean

# RFC 5646, 4.4.1: no tag needs more than 35 characters.
LANGUAGE = re.compile(r"(?!.{36})[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
COLOUR = re.compile(r"#[0-9a-f]{6}")
TIMES = ("starts_at", "asking_from", "asking_until", "voting_from", "voting_until")
LATEST_MS = 7_258_118_400_000  # 2200: every zone and every page can show it
READERS = ("everyone", "link", "attendees")
ADMISSIONS = ("code", "roster")


def _bad(field: str, english: str, **values: object) -> Refused:
    return Refused(Refusal.BAD_INPUT, Sentence(english, values), field=field)


def _line(limit: int, least: int = 0) -> Callable[[str, object], str]:
    def read(field: str, value: object) -> str:
        if not isinstance(value, str):
            raise _bad(field, "must be text.")
        text = clean(value)
        if not least <= len(text) <= limit:
            raise _bad(
                field, "must have between {low} and {high} characters.", low=least, high=limit
            )
        return text

    return read


def _whole(low: int, high: int) -> Callable[[str, object], int]:
    def read(field: str, value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _bad(field, "must be a whole number from {low} to {high}.", low=low, high=high)
        return value

    return read


def _switch(field: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("on", "true", "1"):
        return True
    if value in ("", "off", "false", "0"):
        return False
    raise _bad(field, "must be on or off.")


def _choice(*choices: str) -> Callable[[str, object], str]:
    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _bad(field, "must be one of {choices}.", choices=", ".join(choices))
        return value

    return read


def _languages(field: str, value: object) -> tuple[str, ...]:
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not 1 <= len(parts) <= 20:
        raise _bad(field, "must name one to twenty languages.")
    for part in parts:
        if not isinstance(part, str) or not LANGUAGE.fullmatch(part):
            raise _bad(
                field, "{typed} is not a language tag such as en or pt-BR.", typed=repr(part)
            )
    return tuple(dict.fromkeys(parts))


def _zone(field: str, value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError):
        raise _bad(
            field, "{typed} is not an IANA time zone such as Europe/Paris.", typed=repr(value)
        ) from None


def _stream(field: str, value: object) -> str:
    if value == "":
        return ""
    parts = urlsplit(value) if isinstance(value, str) and len(value) <= 500 else None
    if parts is None or parts.scheme != "https" or not parts.hostname or parts.username:
        raise _bad(field, "must be an https address.")
    return str(value)


def _colour(field: str, value: object) -> str:
    if not isinstance(value, str) or not COLOUR.fullmatch(value.lower()):
        raise _bad(field, "must be a colour such as #0b6e69.")
    return value.lower()


def _within(field: str, ms: int) -> int:
    if not 0 <= ms <= LATEST_MS:
        raise _bad(field, "must lie between the years 1970 and 2200.")
    return ms


def _logo(field: str, value: object) -> str:
    if not isinstance(value, str) or (value and not logo.NAME.fullmatch(value)):
        raise _bad(field, "must be a picture that was uploaded here.")
    return value


def local_time(field: str, value: object, zone: str) -> int | None:
    """Epoch ms of a wall-clock time `YYYY-MM-DDTHH:MM` in `zone`, an int as it is, or None if empty.

    A time that a clock change skips or doubles is refused in words: the organiser must choose.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return _within(field, value)
    try:
        wall = datetime.fromisoformat(str(value))
    except ValueError:
        raise _bad(field, "must be a date and time such as 2026-11-23T15:00.") from None
    if wall.tzinfo is not None:
        return _within(field, int(wall.timestamp() * 1000))
    early = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    late = early.replace(fold=1)
    if early.utcoffset() != late.utcoffset():
        back = early.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        twice = "{time} happens twice in {zone}: the clocks change. Choose another time."
        never = "{time} does not exist in {zone}: the clocks change. Choose another time."
        raise _bad(field, twice if back == wall else never, time=value, zone=zone)
    return _within(field, int(early.timestamp() * 1000))


def _reasons(field: str, value: object) -> tuple[Reason, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 40:
        raise _bad(field, "must be a list of one to forty reasons.")
    read: list[Reason] = []
    for row in value:
        if not isinstance(row, Mapping) or not {"code", "sentence"} <= set(row) <= {
            "code",
            "sentence",
            "withholds",
            "needs_target",
        }:
            raise _bad(field, "each reason has a code, a sentence, withholds, needs_target.")
        code = _line(40, 2)(field, row["code"])
        if not re.fullmatch(r"[a-z][a-z0-9-]+", code) or code in {known.code for known in read}:
            raise _bad(
                field, "{typed} must be small letters and dashes, and stand once.", typed=repr(code)
            )
        read.append(
            Reason(
                code,
                _line(200, 3)(field, row["sentence"]),
                _switch(field, row.get("withholds", False)),
                _switch(field, row.get("needs_target", False)),
            )
        )
    return tuple(read)


READ: Mapping[str, Callable[[str, object], object]] = {
    "title": _line(120, 3),
    "description": _line(2000),
    "languages": _languages,
    "zone": _zone,
    "asking": _switch,
    "voting": _switch,
    "stream_url": _stream,
    "stream_delay_s": _whole(-600, 600),
    "after_display": _switch,
    "min_chars": _whole(1, 200),
    "max_chars": _whole(20, 2000),
    "submit_limit": _whole(1, 1000),
    "reasons": _reasons,
    "policy": _line(8000),
    "readers": _choice(*READERS),
    "accent": _colour,
    "admission": _choice(*ADMISSIONS),
}


def complaints(meeting: Meeting, fields: Mapping[str, object]) -> dict[str, Sentence]:
    """What is wrong with each field, by its name; empty when `changed` would take them all."""
    found: dict[str, Sentence] = {}
    zone = {"zone": fields["zone"]} if "zone" in fields else {}
    for name, value in fields.items():
        try:
            if name in TIMES:
                local_time(name, value, _zone("zone", zone.get("zone", meeting.zone)))
            elif name in READ:
                READ[name](name, value)
        except Refused as refused:
            found.setdefault(refused.field, refused.sentence)
    if not found:
        try:
            changed(meeting, fields)  # what is odd only between two fields
        except Refused as refused:
            found[refused.field] = refused.sentence
    return found


def changed(meeting: Meeting, fields: Mapping[str, object]) -> Meeting:
    """`meeting` with the typed fields; refused by name for an unknown or odd one. Revision unchanged."""
    values: dict[str, object] = {}
    zone = _zone("zone", fields.get("zone", meeting.zone))
    for field, value in fields.items():
        if field in TIMES:
            values[field] = local_time(field, value, zone)
        elif field in READ:
            values[field] = READ[field](field, value)
        elif field == "logo":
            values[field] = _logo(field, value)  # a name that an upload made, never typed
        elif field != "phase":
            raise _bad(field, "is not a setting of a meeting.")
    after = replace(meeting, **values)  # type: ignore[arg-type]  # each value was read by its field's reader
    if after.min_chars > after.max_chars:
        raise _bad("min_chars", "must not exceed the longest.")
    for opens, closes in (("asking_from", "asking_until"), ("voting_from", "voting_until")):
        begin, end = getattr(after, opens), getattr(after, closes)
        if begin is not None and end is not None and begin >= end:
            raise _bad(closes, "must be later than its start.")
    if "phase" in fields:
        after = advance(after, Phase(_choice(*Phase)("phase", fields["phase"])))
    return after
