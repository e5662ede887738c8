"""The journal: what a process writes about itself, one JSON object a line on standard error.

Nobody's words are in it: only events that we name, fields of a closed list, and for a fault the
types and places of its frames, never its message (a message may quote what somebody typed).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

FIELDS = frozenset(
    {"event", "level", "at", "error", "reference", "votes", "fault", "logger"}
    # What the logs' workers say of a log, in sentences of their own.
    | {"meeting", "reason", "says", "intent", "halted", "waiting_s"}
    | {"acts", "texts_lost", "first_lost", "decisions_overruled", "first_overruled"}
)
FRAMES = 12


def set_up() -> None:
    """Write the journal from here on, also what libraries have to say (from WARNING up)."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, _closed, _line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Library())
    root = logging.getLogger()
    root.handlers, root.level = [handler], logging.WARNING


def frames(error: BaseException) -> str:
    """The types of a fault and its causes, with the innermost places."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < FRAMES:
        told.append(f"{type(cause).__name__} {' < '.join(_places(cause.__traceback__))}")
        cause = cause.__cause__ or cause.__context__
    return " | ".join(told)


def _places(trace: TracebackType | None) -> list[str]:
    found: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        name = "/".join(code.co_filename.replace("\\", "/").split("/")[-3:])
        found.append(f"{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[::-1][:FRAMES]


def _closed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["fault"] = frames(error)
    event["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {name: value for name, value in event.items() if name in FIELDS}


def _line(_: WrappedLogger, __: str, event: Mapping[str, object]) -> str:
    return json.dumps(event, default=lambda value: type(value).__name__)


class _Library(logging.Formatter):
    """A library's line: which logger, where, and the fault's places; its sentence stays out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, object] = {
            "event": f"{record.module}:{record.lineno}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["fault"] = frames(record.exc_info[1])
        return json.dumps(told)
