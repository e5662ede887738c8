"""Every act on one question, as a table: who may do it, which step it takes, and how it is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.acts import appeal, closing, decide, meetings, merge, stage, submit
from server.acts.admission import SignIn
from server.domain.question import Act, State
from server.domain.roles import Act as RoleAct
from server.store.question_rows import Question
from tests.acts.building import NOW, Town

Call = Callable[[Town, SignIn, Question, int], Awaitable[Question]]


@dataclass(frozen=True, slots=True)
class Deed:
    """One act: the right that it needs, its step, a state in which it is legal, and the call, with
    the number of another listed question. One question is on air at a time: `return` before `pick`."""

    may: RoleAct
    step: Act
    fit: State
    call: Call


def _on(q: Question) -> tuple[str, int]:
    return q.q, q.revision


DEEDS: dict[str, Deed] = {
    "list": Deed(
        RoleAct.LIST,
        Act.LIST,
        State.RECEIVED,
        lambda t, by, q, n: decide.list_question(t.store, t.meeting, by, *_on(q), NOW),
    ),
    "screen out": Deed(
        RoleAct.SCREEN_OUT,
        Act.SCREEN_OUT,
        State.LISTED,
        lambda t, by, q, n: decide.screen_out(
            t.store, t.meeting, by, *_on(q), "unclear", "", None, NOW
        ),
    ),
    "screen out as a copy": Deed(
        RoleAct.SCREEN_OUT,
        Act.SCREEN_OUT,
        State.RECEIVED,
        lambda t, by, q, n: decide.screen_out(
            t.store, t.meeting, by, *_on(q), "duplicate", "", n, NOW
        ),
    ),
    "withhold": Deed(
        RoleAct.SCREEN_OUT,
        Act.SCREEN_OUT,
        State.SCREENED_OUT,
        lambda t, by, q, n: decide.screen_out(
            t.store, t.meeting, by, *_on(q), "abusive", "", None, NOW
        ),
    ),
    "send back": Deed(
        RoleAct.SEND_BACK,
        Act.SEND_BACK,
        State.RECEIVED,
        lambda t, by, q, n: decide.send_back(
            t.store, t.meeting, by, *_on(q), "Which chairs do you mean?", NOW
        ),
    ),
    "word": Deed(
        RoleAct.WORD,
        Act.WORD,
        State.LISTED,
        lambda t, by, q, n: decide.word(
            t.store, t.meeting, by, *_on(q), "In other words, when?", NOW
        ),
    ),
    "merge": Deed(
        RoleAct.MERGE,
        Act.MERGE,
        State.LISTED,
        lambda t, by, q, n: merge.merge(t.store, t.meeting, by, *_on(q), n, NOW),
    ),
    "split": Deed(
        RoleAct.SPLIT,
        Act.SPLIT,
        State.MERGED,
        lambda t, by, q, n: merge.split(t.store, t.meeting, by, *_on(q), NOW),
    ),
    "return": Deed(
        RoleAct.RETURN,
        Act.RETURN,
        State.ON_AIR,
        lambda t, by, q, n: stage.put_back(t.store, t.meeting, by, *_on(q), NOW),
    ),
    "pick": Deed(
        RoleAct.PICK,
        Act.PICK,
        State.LISTED,
        lambda t, by, q, n: stage.pick(t.store, t.meeting, by, *_on(q), NOW),
    ),
    "skip": Deed(
        RoleAct.SKIP,
        Act.SKIP,
        State.LISTED,
        lambda t, by, q, n: stage.skip(t.store, t.meeting, by, *_on(q), "later", NOW),
    ),
    "answer": Deed(
        RoleAct.ANSWER,
        Act.ANSWER,
        State.LISTED,
        lambda t, by, q, n: stage.answer(t.store, t.meeting, by, *_on(q), 5, "Soon.", NOW),
    ),
}
JUDGING: dict[str, Deed] = {
    name: Deed(RoleAct.JUDGE, step, State.SCREENED_OUT, call)
    for name, step, call in (
        (
            "uphold",
            Act.UPHOLD,
            lambda t, by, q, n: appeal.judge(t.store, t.meeting, by, *_on(q), False, NOW),
        ),
        (
            "overturn",
            Act.OVERTURN,
            lambda t, by, q, n: appeal.judge(t.store, t.meeting, by, *_on(q), True, NOW),
        ),
    )
}
ASKERS: dict[str, Deed] = {
    "withdraw": Deed(
        RoleAct.WITHDRAW,
        Act.WITHDRAW,
        State.LISTED,
        lambda t, by, q, n: submit.withdraw(t.store, t.meeting, by, q.q, NOW),
    ),
    "appeal": Deed(
        RoleAct.APPEAL,
        Act.APPEAL,
        State.SCREENED_OUT,
        lambda t, by, q, n: appeal.appeal(t.store, t.meeting, by, q.q, "", NOW),
    ),
}
# From `received`, in which order the deeds lead to a state.
WAY: dict[State, tuple[str, ...]] = {
    State.RECEIVED: (),
    State.LISTED: ("list",),
    State.SCREENED_OUT: ("screen out",),
    State.MERGED: ("list", "merge"),
    State.WITHDRAWN: ("withdraw",),
    State.SENT_BACK: ("send back",),
    State.ON_AIR: ("list", "pick"),
    State.ANSWERED: ("list", "pick", "answer"),
}
ENDS: dict[State, tuple[str, ...]] = {State.NOT_REVIEWED: (), State.NOT_REACHED: ("list",)}


async def brought(town: Town, asker: SignIn, moderator: SignIn, state: State, n: int) -> Question:
    """A question in `state`; the meeting is closed where only its end leads there."""
    found = await town.ask(asker)
    for name in WAY.get(state, ENDS.get(state, ())):
        deed, by = {**DEEDS, **ASKERS}[name], asker if name in ASKERS else moderator
        found = await deed.call(town, by, found, n)
    if state in ENDS:
        town.meeting = await meetings.change(
            town.store, town.meeting, {"phase": "closed"}, "org:1", NOW
        )
        await closing.settle(town.store, town.meeting, NOW)
        found = await town.look(found.q)
    assert found.state is state
    return found
