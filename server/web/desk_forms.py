"""What the desk's plain forms send: each act by its name, its fields, and when it is offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType

from server.acts import appeal, decide, merge, stage, suggestions
from server.acts.admission import SignIn
from server.acts.merge_copies import merge_copies
from server.domain.differing import Difference
from server.domain.meeting import Meeting
from server.domain.question import LEGAL, State
from server.domain.question import Act as Step
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act
from server.domain.stream import seconds_in
from server.protocol.strict_json import MAX_BYTES
from server.store.question_rows import Question
from server.web import api_bodies
from server.web.parts import parts

Fields = dict[str, str]
Done = Callable[[Meeting, SignIn, Fields, int], Awaitable[object]]

# What a person types; a form that was refused comes back with it.
TYPED = ("reason", "note", "target", "into", "wording", "hint", "stream", "answer")
NOTHING_KEPT = MappingProxyType(dict.fromkeys(("act", *TYPED), ""))
STEPS = MappingProxyType(
    {
        "screen": Step.SCREEN_OUT,
        "merge": Step.MERGE,
        "word": Step.WORD,
        "send_back": Step.SEND_BACK,
        "pick": Step.PICK,
        "line_up": Step.PICK,
        "return": Step.RETURN,
        "answer": Step.ANSWER,
        "skip": Step.SKIP,
    }
)


def offered(question: Question | None) -> list[str]:
    """The acts that the desk offers on a question as it stands; the script's table is the same."""
    if question is None:
        return []
    state, appealed = question.state, question.appeal.value == "open"
    found = [name for name, step in STEPS.items() if (state, step) in LEGAL]
    if (state, Step.LIST) in LEGAL and not appealed:
        found.append("list" if state is State.RECEIVED else "reverse")
    if appealed:
        return [name for name in found if name != "screen"] + ["overturn", "uphold"]
    if state is State.MERGED:
        found.append("split")
    if question.members:
        found.append("split_all")
    return found


def whole(fields: Fields, name: str) -> int:
    """The whole number in a field; refused BAD_INPUT when it is none."""
    text = fields.get(name, "").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9):
        raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field=name)
    return int(text)


def _optional(fields: Fields, name: str) -> int | None:
    return whole(fields, name) if fields.get(name, "").strip() else None


async def _line_up(meeting: Meeting, by: SignIn, fields: Fields, now: int) -> object:
    """Add a question to the end of the line, or take it out where it stands in it already."""
    n = whole(fields, "n")
    standing = await stage.line(parts().store, meeting.id)
    numbers = [question.number for question in standing.questions if question.number is not None]
    order = [other for other in numbers if other != n] if n in numbers else [*numbers, n]
    # The line as its sender saw it: what another arranged since is neither undone nor added to.
    return await stage.arrange(parts().store, meeting, by, order, whole(fields, "line"), now)


async def _line_move(meeting: Meeting, by: SignIn, fields: Fields, now: int) -> object:
    n, places, line = whole(fields, "n"), whole(fields, "by"), whole(fields, "line")
    return await stage.move(parts().store, meeting, by, n, places, line, now)


async def _screen(meeting: Meeting, by: SignIn, fields: Fields, now: int) -> object:
    act = decide.screen_alone if fields.get("first") == "split" else decide.screen_out
    return await act(
        parts().store,
        meeting,
        by,
        *_on(fields),
        fields.get("reason", ""),
        fields.get("note", ""),
        _optional(fields, "target"),
        now,
    )


async def unread(meeting: Meeting, act: str, fields: Fields) -> Difference | None:
    """What the sender of a plain merge has not been shown yet: how the two texts differ. Refused as the
    merge would be. The script shows it as the number is typed (frontend/static/js/desk_form.js)."""
    if act != "merge":
        return None
    into = whole(fields, "into")
    if fields.get("seen", "") == str(into):
        return None
    return await merge.compare(parts().store, meeting, *_on(fields), into)


async def _merge_copies(meeting: Meeting, by: SignIn, fields: Fields, now: int) -> object:
    q, revision = _on(fields)
    given = f'{{"revision": {revision}, "copies": {fields.get("copies", "")}}}'
    seen = api_bodies.read(api_bodies.MergingCopies, given.encode(), MAX_BYTES).copies
    copies = [(copy.q, copy.revision) for copy in seen]
    return await merge_copies(parts().store, meeting, by, q, revision, copies, now)


def _on(fields: Fields) -> tuple[str, int]:
    return fields.get("q", ""), whole(fields, "revision")


def acts() -> dict[str, tuple[Act, Done]]:
    """Every act of the desk: what it needs, and what it does."""
    store = parts().store
    return {
        "list": (
            Act.LIST,
            lambda m, by, f, now: decide.list_question(store, m, by, *_on(f), now),
        ),
        "reverse": (
            Act.LIST,
            lambda m, by, f, now: decide.list_question(store, m, by, *_on(f), now),
        ),
        "screen": (Act.SCREEN_OUT, _screen),
        "send_back": (
            Act.SEND_BACK,
            lambda m, by, f, now: decide.send_back(store, m, by, *_on(f), f.get("hint", ""), now),
        ),
        "word": (
            Act.WORD,
            lambda m, by, f, now: decide.word(
                store, m, by, *_on(f), f.get("wording", "").replace("\r\n", "\n"), now
            ),
        ),
        "merge": (
            Act.MERGE,
            lambda m, by, f, now: merge.merge(store, m, by, *_on(f), whole(f, "into"), now),
        ),
        "merge_copies": (Act.MERGE, _merge_copies),
        "split": (Act.SPLIT, lambda m, by, f, now: merge.split(store, m, by, *_on(f), now)),
        "split_all": (
            Act.SPLIT,
            lambda m, by, f, now: merge.split_all(store, m, by, *_on(f), now),
        ),
        "uphold": (
            Act.JUDGE,
            lambda m, by, f, now: appeal.judge(store, m, by, *_on(f), False, now),
        ),
        "overturn": (
            Act.JUDGE,
            lambda m, by, f, now: appeal.judge(store, m, by, *_on(f), True, now),
        ),
        "line_up": (Act.LINE_UP, _line_up),
        "line_move": (Act.LINE_UP, _line_move),
        "pick": (Act.PICK, lambda m, by, f, now: stage.pick(store, m, by, *_on(f), now)),
        "return": (Act.RETURN, lambda m, by, f, now: stage.put_back(store, m, by, *_on(f), now)),
        "answer": (
            Act.ANSWER,
            lambda m, by, f, now: stage.answer(
                store,
                m,
                by,
                *_on(f),
                seconds_in(f.get("stream", ""), "stream"),
                f.get("answer", ""),
                now,
            ),
        ),
        "skip": (
            Act.SKIP,
            lambda m, by, f, now: stage.skip(store, m, by, *_on(f), f.get("reason", ""), now),
        ),
        "dismiss": (
            Act.MERGE,
            lambda m, by, f, now: suggestions.dismiss(
                store, m, by, f.get("q", ""), f.get("other", ""), now
            ),
        ),
    }
