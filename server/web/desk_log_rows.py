"""The desk's log for people: each act in words, with the texts behind it and what the public sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quart import request

from server.domain.meeting import Meeting
from server.domain.question import text_is_public
from server.domain.refusals import Refusal, Refused
from server.store import desk_log, question_rows
from server.store.desk_log import LoggedAct
from server.store.question_rows import Question
from server.web.parts import parts

SCANNED_MAX = 4_000  # acts looked through for one filtered page
TEXTS = ("note", "c2")
ENDS = ("d", "phase", "how", "act")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader of the log filters by; empty means all."""

    by: str
    reason: str
    n: int | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Acts as JSON values, and the id to go on before, or None at the end."""

    rows: list[dict[str, Any]]
    before: str | None


def chosen() -> Chosen:
    """The filter in this request's query."""
    n = request.args.get("n", "")
    if n and not (n.isascii() and n.isdigit() and len(n) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a question's number.", field="n")
    return Chosen(
        request.args.get("by", "")[:40], request.args.get("reason", "")[:40], int(n) if n else None
    )


def _wanted(act: LoggedAct, filter_: Chosen, q: str | None) -> bool:
    return (
        (not filter_.by or act.intent.get("by") == filter_.by)
        and (not filter_.reason or act.intent.get("reason") == filter_.reason)
        and (filter_.n is None or (q is not None and q in (act.q, act.intent.get("into"))))
    )


async def page(meeting: Meeting, before: str, filter_: Chosen, count: int) -> LogPage:
    """The newest acts before an id that pass the filter, newest first. One more than `count` is looked
    for, so that nobody is led on to a page of nothing."""
    store, m = parts().store, meeting.id
    q = None
    if filter_.n is not None:
        found = await question_rows.by_number(store, m, filter_.n)
        q = found.q if found else None
    acts: list[LoggedAct] = []
    at, scanned = before or None, 0
    while len(acts) <= count and scanned < SCANNED_MAX:
        run = await desk_log.page(store, m, at, desk_log.PAGE_MAX)
        if not run:
            at = None
            break
        scanned += len(run)
        for act in run:
            at = act.id
            if _wanted(act, filter_, q):
                acts.append(act)
                if len(acts) > count:
                    break
    if len(acts) > count:
        acts, at = acts[:count], acts[count - 1].id
    return LogPage(await _rows(m, acts), at)


async def _rows(meeting: str, acts: list[LoggedAct]) -> list[dict[str, Any]]:
    store = parts().store
    ids = list(dict.fromkeys(act.q for act in acts if act.q))
    questions = {q.q: q for q in await question_rows.read(store, meeting, ids)}
    others = dict.fromkeys(q for act in acts for q in _others(act.intent))
    numbers = await question_rows.numbers_of(store, meeting, list(others))
    commitments = [act.intent[name] for act in acts for name in TEXTS if act.intent.get(name)]
    texts = await desk_log.openings(store, meeting, commitments)
    return [_row(act, questions.get(act.q or ""), texts, numbers) for act in acts]


def _others(told: Mapping[str, Any]) -> list[str]:
    """Ids of the other questions that an act names, in its order."""
    named = [str(told[name]) for name in ("into", "other") if told.get(name)]
    return [*named, *told.get("order", ())]


def _named(told: Mapping[str, Any], numbers: Mapping[str, int]) -> list[int] | None:
    """Public numbers of the other questions of an act; None where it is of a kind that names none."""
    if not {"into", "other", "order", "target"} & told.keys():
        return None
    target = [told["target"]] if told.get("target") else []
    return [numbers[q] for q in _others(told) if q in numbers] + target


def _row(
    act: LoggedAct,
    question: Question | None,
    texts: Mapping[str, str],
    numbers: Mapping[str, int],
) -> dict[str, Any]:
    told = act.intent
    written = next((texts[told[name]] for name in TEXTS if told.get(name) in texts), None)
    public = question is not None and text_is_public(question.state, question.withheld)
    return {
        "id": act.id,
        "at": act.at,
        "kind": act.kind,
        "by": told.get("by"),
        "n": question.number if question else None,
        "text": question.text if question else None,
        "gone": question.gone if question else None,
        "lang": question.lang if question else None,
        "dir": question.dir if question else None,
        "reason": told.get("reason"),
        "basis": told.get("basis"),
        "written": written,
        "others": _named(told, numbers),
        "what": told.get("what") if act.kind == "m.rule" else None,
        "role": told.get("role"),
        "votes": told.get("votes"),
        "count": told.get("count"),
        "end": next((told[name] for name in ENDS if told.get(name)), None),
        "public": None if question is None else ("text" if public else "number"),
    }
