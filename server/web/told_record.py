"""What the pages tell of the public record: from its published log, or else from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.acts import log_record, public_record
from server.acts.public_history import public_histories
from server.acts.public_record import Case, Clocks, Mark
from server.domain.meeting import Meeting
from server.domain.public_acts import Entry
from server.domain.question import State
from server.store import analysis, sequencing
from server.store.question_rows import Question
from server.translog.checkpoint import Checkpoint
from server.web.parts import parts


@dataclass(frozen=True, slots=True)
class Overview:
    """The record's index; how many are screened out, of how many asked; clocks; the published size, None for
    a meeting without a log; since when (epoch ms) the log is behind, None where it is not; the head of the
    log that it continues."""

    marks: list[Mark]
    out: int
    asked: int
    clocks: Clocks
    size: int | None
    behind: int | None
    prev: Checkpoint | None = None


async def overview(meeting: Meeting) -> Overview:
    """The record of a meeting as it is published now."""
    store, index = parts().store, parts().record
    behind = await sequencing.behind(store, meeting.id, parts().clock())
    async with parts().records.of(parts().logs, meeting.id) as held:
        if held is not None:
            record = held.record
            marks = await index.marks(
                store, meeting.id, record.size, lambda: log_record.stands(record)
            )
            out = int(str(record.counts().get(State.SCREENED_OUT, 0)))
            asked, clocks = len(record.questions), log_record.clocks(record)
            return Overview(marks, out, asked, clocks, record.size, behind, record.prev)
    marks = await index.marks(store, meeting.id)
    out = (await parts().boards.follow(meeting.id)).counts["screened_out"]
    asked = await analysis.numbered(store, meeting.id)
    clocks = await public_record.clocks(store, meeting)
    return Overview(marks, out, asked, clocks, None, behind)


async def cases(meeting: Meeting, ids: Sequence[str]) -> list[Case]:
    """These questions of the record with all that happened to them."""
    store = parts().store
    async with parts().records.of(parts().logs, meeting.id) as held:
        if held is not None:
            return await log_record.cases(store, meeting, held, ids)
    return await public_record.cases(store, meeting, ids)


async def history(meeting: Meeting, question: Question) -> list[Entry]:
    """One question's public history, oldest act first; empty while the log has not published it."""
    store = parts().store
    async with parts().records.of(parts().logs, meeting.id) as held:
        if held is not None:
            if question.q not in held.record.questions:
                return []
            look = await log_record.look(store, meeting.id, held, [question.q])
            return held.record.entries(question.q, look)
    return (await public_histories(store, meeting, [question]))[0]
