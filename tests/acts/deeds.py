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


def _on(act: Callable[..., Awaitable[Question]], *more: object) -> Call:
    """The act on the question as it was read, with what else it is given."""
    return lambda t, by, q, n: act(t.store, t.meeting, by, q.q, q.revision, *more, NOW)


def _with(act: Callable[..., Awaitable[Question]], *more: object) -> Call:
    """The same with the number of the other question, after what else it is given."""
    return lambda t, by, q, n: act(t.store, t.meeting, by, q.q, q.revision, *more, n, NOW)


OUT = (RoleAct.SCREEN_OUT, Act.SCREEN_OUT)
DEEDS: dict[str, Deed] = {
    name: Deed(may, step, fit, call)
    for name, may, step, fit, call in (
        ("list", RoleAct.LIST, Act.LIST, State.RECEIVED, _on(decide.list_question)),
        ("screen out", *OUT, State.LISTED, _on(decide.screen_out, "unclear", "", None)),
        ("screen out as a copy", *OUT, State.RECEIVED, _with(decide.screen_out, "duplicate", "")),
        ("withhold", *OUT, State.SCREENED_OUT, _on(decide.screen_out, "abusive", "", None)),
        ("send back", RoleAct.SEND_BACK, Act.SEND_BACK, State.RECEIVED,
         _on(decide.send_back, "Which chairs do you mean?")),
        ("word", RoleAct.WORD, Act.WORD, State.LISTED, _on(decide.word, "In other words, when?")),
        ("merge", RoleAct.MERGE, Act.MERGE, State.LISTED, _with(merge.merge)),
        ("split", RoleAct.SPLIT, Act.SPLIT, State.MERGED, _on(merge.split)),
        ("return", RoleAct.RETURN, Act.RETURN, State.ON_AIR, _on(stage.put_back)),
        ("pick", RoleAct.PICK, Act.PICK, State.LISTED, _on(stage.pick)),
        ("skip", RoleAct.SKIP, Act.SKIP, State.LISTED, _on(stage.skip, "later")),
        ("answer", RoleAct.ANSWER, Act.ANSWER, State.LISTED, _on(stage.answer, 5, "Soon.")),
    )
}  # fmt: skip
JUDGING: dict[str, Deed] = {
    name: Deed(RoleAct.JUDGE, step, State.SCREENED_OUT, _on(appeal.judge, overturn))
    for name, step, overturn in (("uphold", Act.UPHOLD, False), ("overturn", Act.OVERTURN, True))
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
