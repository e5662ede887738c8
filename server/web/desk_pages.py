"""The moderators' desk: three panes that work by plain forms, and faster by script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Response, request

from server.acts import appeal, decide, desk, merge, stage, suggestions
from server.acts.admission import SignIn
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.domain.screening import SKIP_REASONS
from server.protocol.answers import http_status
from server.store.question_rows import Question
from server.web import desk_log_rows, desk_rows, people
from server.web.api import meeting_at
from server.web.api_desk import LOG_PAGE, position_of
from server.web.markdown import rendered
from server.web.pages import form, go, html, pages
from server.web.parts import parts
from server.web.rendering import meeting_value, page, refusal

QUEUES = ("waiting", "listed", "appeals", "screened_out", "answered", "merged")
SHOWN = 60
Fields = dict[str, str]
Done = Callable[[Meeting, SignIn, Fields, int], Awaitable[object]]


def _whole(fields: Fields, name: str) -> int:
    text = fields.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field=name)
    return int(text)


def _optional(fields: Fields, name: str) -> int | None:
    return _whole(fields, name) if fields.get(name, "").strip() else None


def _seconds(fields: Fields) -> int | None:
    """Seconds of `1:02:03`, `62:03` or plain seconds; None when the field is empty."""
    text = fields.get("stream", "").strip()
    if not text:
        return None
    parts_ = text.split(":")
    if len(parts_) > 3 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts_):
        raise Refused(Refusal.BAD_INPUT, "must be a time such as 1:02:03.", field="stream")
    total = 0
    for part in parts_:
        total = total * 60 + int(part)
    return total


async def _line_up(meeting: Meeting, by: SignIn, fields: Fields, now: int) -> object:
    """Add a question to the end of the line, or take it out where it stands in it already."""
    n = _whole(fields, "n")
    standing = await stage.line(parts().store, meeting.id)
    numbers = [question.number for question in standing.questions if question.number is not None]
    order = [other for other in numbers if other != n] if n in numbers else [*numbers, n]
    return await stage.arrange(parts().store, meeting, by, order, standing.revision, now)


def _acts() -> dict[str, tuple[Act, Done]]:
    store = parts().store

    def on(fields: Fields) -> tuple[str, int]:
        return fields.get("q", ""), _whole(fields, "revision")

    return {
        "list": (
            Act.LIST,
            lambda m, by, f, now: decide.list_question(store, m, by, *on(f), now),
        ),
        "screen": (
            Act.SCREEN_OUT,
            lambda m, by, f, now: decide.screen_out(
                store,
                m,
                by,
                *on(f),
                f.get("reason", ""),
                f.get("note", ""),
                _optional(f, "target"),
                now,
            ),
        ),
        "send_back": (
            Act.SEND_BACK,
            lambda m, by, f, now: decide.send_back(store, m, by, *on(f), f.get("hint", ""), now),
        ),
        "word": (
            Act.WORD,
            lambda m, by, f, now: decide.word(
                store, m, by, *on(f), f.get("wording", "").replace("\r\n", "\n"), now
            ),
        ),
        "merge": (
            Act.MERGE,
            lambda m, by, f, now: merge.merge(store, m, by, *on(f), _whole(f, "into"), now),
        ),
        "split": (Act.SPLIT, lambda m, by, f, now: merge.split(store, m, by, *on(f), now)),
        "uphold": (
            Act.JUDGE,
            lambda m, by, f, now: appeal.judge(store, m, by, *on(f), False, now),
        ),
        "overturn": (
            Act.JUDGE,
            lambda m, by, f, now: appeal.judge(store, m, by, *on(f), True, now),
        ),
        "line_up": (Act.LINE_UP, _line_up),
        "pick": (Act.PICK, lambda m, by, f, now: stage.pick(store, m, by, *on(f), now)),
        "return": (Act.RETURN, lambda m, by, f, now: stage.put_back(store, m, by, *on(f), now)),
        "answer": (
            Act.ANSWER,
            lambda m, by, f, now: stage.answer(
                store, m, by, *on(f), _seconds(f), f.get("answer", ""), now
            ),
        ),
        "skip": (
            Act.SKIP,
            lambda m, by, f, now: stage.skip(store, m, by, *on(f), f.get("reason", ""), now),
        ),
        "dismiss": (
            Act.MERGE,
            lambda m, by, f, now: suggestions.dismiss(
                store, m, by, f.get("q", ""), f.get("other", ""), now
            ),
        ),
    }


def _queue(name: str, questions: list[Question]) -> list[Question]:
    if name == "appeals":
        return [q for q in questions if q.appeal.value == "open"]
    state = {"waiting": "received"}.get(name, name)
    found = [q for q in questions if q.state.value in (state, "on_air" if name == "listed" else "")]
    if name == "listed":
        return sorted(found, key=lambda q: (-q.votes, q.number or 0))
    return sorted(found, key=lambda q: q.number or 0, reverse=name != "waiting")


@pages.get("/m/<slug>/desk")
async def desk_page(slug: str) -> Response:
    """The desk, with one queue and one question of it open."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_WAITING)
    return await _desk(meeting, person, None)


async def _desk(meeting: Meeting, person: people.Person, error: str | None) -> Response:
    found = await desk.look(parts().store, meeting.id)
    name = request.args.get("queue", "waiting")
    queue = name if name in QUEUES else "waiting"
    rows = _queue(queue, found.questions)
    wanted = request.args.get("n", "")
    numbers = {str(q.number): q for q in found.questions}
    chosen = numbers.get(wanted) or (rows[0] if rows else None)
    similar = await suggestions.similar(parts().store, meeting.id, chosen.q) if chosen else []
    told = desk_rows.told(found)
    return await html(
        "desk.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        queues=QUEUES,
        queue=queue,
        counts=found.counts,
        rows=[desk_rows.row(q) for q in rows[:SHOWN]],
        more=max(0, len(rows) - SHOWN),
        chosen=desk_rows.row(chosen) if chosen else None,
        similar=[{**desk_rows.row(other), "likeness": score} for other, score in similar],
        line=told["line"]["numbers"],
        reasons=meeting.reasons,
        skip_reasons=list(SKIP_REASONS),
        policy_html=rendered(meeting.policy),
        desk=told,
        error=error,
    )


@pages.post("/m/<slug>/desk/<act>")
async def desk_act(slug: str, act: str) -> Response:
    """One decision by a plain form."""
    fields = await form()
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_WAITING)
    known = _acts().get(act)
    if known is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing at this address.")
    person.need(known[0])
    if person.sign_in is None:
        raise AssertionError("only invited staff may decide")
    try:
        await known[1](meeting, person.sign_in, fields, parts().clock())
    except Refused as refused:
        response = await _desk(meeting, person, refusal(refused))
        response.status_code = http_status(refused.refusal)
        return response
    return go(f"/m/{slug}/desk?queue={request.args.get('queue', 'waiting')[:20]}")


@pages.get("/m/<slug>/desk/log")
async def desk_log_page(slug: str) -> Response:
    """Every act by anyone, newest first."""
    meeting = await meeting_at(slug)
    person = await people.member_of_staff(meeting)
    person.need(Act.READ_LOG)
    filter_ = desk_log_rows.chosen()
    found = await desk_log_rows.page(meeting, position_of("before"), filter_, LOG_PAGE)
    more: dict[str, Any] = {"by": filter_.by, "reason": filter_.reason, "n": filter_.n or ""}
    return await html(
        "desk_log.html",
        **page(meeting.title, person),
        meeting=meeting_value(meeting),
        acts=found.rows,
        before=found.before,
        reasons=[reason.code for reason in meeting.reasons],
        **{f"filter_{name}": value for name, value in more.items()},
    )
