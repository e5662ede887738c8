"""The files of the whole public record, written into a folder slice by slice."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from redis.asyncio import Redis

from server.acts import log_record, public_record
from server.acts.log_record import Published
from server.acts.meetings import documents
from server.acts.public_history import public_histories
from server.acts.record_lines import (
    BOM,
    CSV_COLUMNS,
    JsonList,
    case_rows,
    case_value,
    csv_lines,
    record_head,
)
from server.domain.meeting import Meeting
from server.domain.question import text_is_public
from server.store import analysis, keys, question_rows, typed
from server.store.question_rows import Question
from workers.exports.rows import COLUMNS, question_line, question_value

SLICE = 200
NAMES = ("questions.csv", "record.json", "screened-out.csv", "screened-out.json")
Told = Callable[[int], Awaitable[None]]


async def write(
    store: Redis, meeting: Meeting, held: Published | None, folder: Path, now: int, told: Told
) -> None:
    """Write all of NAMES and settings.json as the log publishes the record (`held`), or the store where
    there is no log; `told` hears the percentage after each slice."""
    settings = json.loads(documents(meeting)["settings"])
    (folder / "settings.json").write_text(
        json.dumps(_settings(meeting, settings), ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    upto = await analysis.numbered(store, meeting.id)
    with ExitStack() as opened:
        files = [opened.enter_context((folder / name).open("wb")) for name in NAMES]
        out = _Files(meeting, held, *files)
        await out.begin(store, now)
        for low in range(1, upto + 1, SLICE):
            names = [str(n) for n in range(low, min(low + SLICE, upto + 1))]
            ids = await typed.hmget(store, keys.numbers(meeting.id), names)
            await out.take(store, [q for q in ids if q])
            await told(90 * min(low + SLICE, upto) // upto)
        out.end()


def _settings(meeting: Meeting, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as the log commits to them, with the texts that they name by hash."""
    reasons = json.loads(documents(meeting)["reasons"])["reasons"]
    return {
        **settings,
        "phase": meeting.phase.value,
        "policy_text": meeting.policy,
        "reason_list": reasons,
    }


class _Files:
    """The four files while they are written."""

    def __init__(
        self,
        meeting: Meeting,
        held: Published | None,
        questions: BinaryIO,
        record: BinaryIO,
        out_csv: BinaryIO,
        out_json: BinaryIO,
    ) -> None:
        self._meeting, self._held = meeting, held
        self._questions, self._record = questions, record
        self._out_csv, self._out_json = out_csv, out_json
        self._asked, self._out = JsonList(), JsonList()  # what stands in the two JSON files
        self._screened: set[str] = set()

    async def begin(self, store: Redis, now: int) -> None:
        m = self._meeting
        index, held = public_record.Index(), self._held
        if held is None:
            marks, clocks = await index.marks(store, m.id), await public_record.clocks(store, m)
        else:
            record = held.record
            marks = await index.marks(store, m.id, record.size, lambda: log_record.stands(record))
            clocks = log_record.clocks(record)
        self._screened = {mark.q for mark in marks}
        head = record_head(m, marks, clocks)
        self._out_json.write(self._out.begin(head, "screened_out"))
        about = {"meeting": m.slug, "title": m.title, "phase": m.phase.value, "made_at_ms": now}
        self._record.write(self._asked.begin(about, "questions"))
        self._questions.write(BOM + csv_lines([COLUMNS]))
        self._out_csv.write(BOM + csv_lines([CSV_COLUMNS]))

    async def take(self, store: Redis, ids: Sequence[str]) -> None:
        found = await question_rows.read(store, self._meeting.id, ids)
        for value in await self._values(store, found):
            self._record.write(self._asked.add(value))
            self._questions.write(csv_lines([question_line(value)]))
        screened = [q for q in ids if q in self._screened]
        if self._held is None:
            cases = await public_record.cases(store, self._meeting, screened)
        else:
            cases = await log_record.cases(store, self._meeting, self._held, screened)
        for case in cases:
            told = case_value(case, spoken=True)
            self._out_json.write(self._out.add(told))
            self._out_csv.write(csv_lines(case_rows(told)))

    async def _values(self, store: Redis, found: Sequence[Question]) -> list[dict[str, Any]]:
        """The questions of a slice that are published."""
        m = self._meeting
        if self._held is None:
            runs = await public_histories(store, m, found)
            return [
                question_value(m, one, one.state, text_is_public(one.state, one.withheld), run)
                for one, run in zip(found, runs, strict=True)
            ]
        record = self._held.record
        known = [one for one in found if one.q in record.questions]
        words = await log_record.look(store, m.id, self._held, [one.q for one in known])
        return [
            question_value(
                m,
                one,
                record.questions[one.q].state,
                record.is_public(one.q),
                record.entries(one.q, words),
            )
            for one in known
        ]

    def end(self) -> None:
        self._record.write(self._asked.end())
        self._out_json.write(self._out.end())
