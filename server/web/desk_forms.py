"""What the desk's plain forms send: each act by its name, its fields, and when it is offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from redis.asyncio import Redis

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

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form of the desk that a member of staff sent, and when."""

    store: Redis
    meeting: Meeting
    by: SignIn
    fields: Fields
    now: int

    @property
    def who(self) -> tuple[Redis, Meeting, SignIn]:
        """Where and by whom; what every act is given first."""
        return self.store, self.meeting, self.by

    @property
    def on(self) -> tuple[str, int]:
        """The question, and the revision that its decider has read."""
        return self.text("q"), self.whole("revision")

    def text(self, name: str) -> str:
        """What was typed into a field, with plain ends of lines; '' where there is none."""
        return self.fields.get(name, "").replace("\r\n", "\n")

    def whole(self, name: str) -> int:
        """The whole number in a field; refused BAD_INPUT when it is none."""
        text = self.text(name).strip()
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 9):
            raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field=name)
        return int(text)


Done = Callable[[Sent], Awaitable[object]]

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


async def _line_up(sent: Sent) -> object:
    """Add a question to the end of the line, or take it out where it stands in it already."""
    n = sent.whole("n")
    standing = await stage.line(sent.store, sent.meeting.id)
    numbers = [question.number for question in standing.questions if question.number is not None]
    order = [other for other in numbers if other != n] if n in numbers else [*numbers, n]
    # The line as its sender saw it: what another arranged since is neither undone nor added to.
    return await stage.arrange(*sent.who, order, sent.whole("line"), sent.now)


async def _line_move(sent: Sent) -> object:
    n, places, line = sent.whole("n"), sent.whole("by"), sent.whole("line")
    return await stage.move(*sent.who, n, places, line, sent.now)


async def _screen(sent: Sent) -> object:
    act = decide.screen_alone if sent.text("first") == "split" else decide.screen_out
    target = sent.whole("target") if sent.text("target").strip() else None
    return await act(*sent.who, *sent.on, sent.text("reason"), sent.text("note"), target, sent.now)


async def _merge_copies(sent: Sent) -> object:
    q, revision = sent.on
    given = f'{{"revision": {revision}, "copies": {sent.text("copies")}}}'
    seen = api_bodies.read(api_bodies.MergingCopies, given.encode(), MAX_BYTES).copies
    copies = [(copy.q, copy.revision) for copy in seen]
    return await merge_copies(*sent.who, q, revision, copies, sent.now)


async def _answer(sent: Sent) -> object:
    at = seconds_in(sent.text("stream"), "stream")
    return await stage.answer(*sent.who, *sent.on, at, sent.text("answer"), sent.now)


async def unread(sent: Sent, act: str) -> Difference | None:
    """What the sender of a plain merge has not been shown yet: how the two texts differ. Refused as the
    merge would be. The script shows it as the number is typed (frontend/static/js/desk_form.js)."""
    if act != "merge":
        return None
    into = sent.whole("into")
    if sent.text("seen") == str(into):
        return None
    return await merge.compare(sent.store, sent.meeting, *sent.on, into)


# Every act of the desk: what it needs, and what it does.
ACTS: Mapping[str, tuple[Act, Done]] = MappingProxyType(
    {
        "list": (Act.LIST, lambda s: decide.list_question(*s.who, *s.on, s.now)),
        "reverse": (Act.LIST, lambda s: decide.list_question(*s.who, *s.on, s.now)),
        "screen": (Act.SCREEN_OUT, _screen),
        "send_back": (
            Act.SEND_BACK,
            lambda s: decide.send_back(*s.who, *s.on, s.text("hint"), s.now),
        ),
        "word": (Act.WORD, lambda s: decide.word(*s.who, *s.on, s.text("wording"), s.now)),
        "merge": (Act.MERGE, lambda s: merge.merge(*s.who, *s.on, s.whole("into"), s.now)),
        "merge_copies": (Act.MERGE, _merge_copies),
        "split": (Act.SPLIT, lambda s: merge.split(*s.who, *s.on, s.now)),
        "split_all": (Act.SPLIT, lambda s: merge.split_all(*s.who, *s.on, s.now)),
        "uphold": (Act.JUDGE, lambda s: appeal.judge(*s.who, *s.on, False, s.now)),
        "overturn": (Act.JUDGE, lambda s: appeal.judge(*s.who, *s.on, True, s.now)),
        "line_up": (Act.LINE_UP, _line_up),
        "line_move": (Act.LINE_UP, _line_move),
        "pick": (Act.PICK, lambda s: stage.pick(*s.who, *s.on, s.now)),
        "return": (Act.RETURN, lambda s: stage.put_back(*s.who, *s.on, s.now)),
        "answer": (Act.ANSWER, _answer),
        "skip": (Act.SKIP, lambda s: stage.skip(*s.who, *s.on, s.text("reason"), s.now)),
        "dismiss": (
            Act.MERGE,
            lambda s: suggestions.dismiss(*s.who, s.text("q"), s.text("other"), s.now),
        ),
    }
)
