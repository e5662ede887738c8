"""List, screen out, send back, reword: read, let the domain decide, commit on the revision read."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from server.acts import merge
from server.acts.admission import SignIn
from server.acts.decision import UNSCREENED, Text, by_rule, commit, drafted, layer, read, staff
from server.domain.appeal import Appeal
from server.domain.meeting import Meeting
from server.domain.question import Act, State, step
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.rules import Rule
from server.domain.screening import NOTE_MAX_CHARS, Reason, reason_for
from server.domain.text import limited
from server.store import decisions, keys, question_rows, typed
from server.store.question_rows import Question
from server.translog.layers import Layer

PAGE = 500


def _without_appeal(question: Question) -> None:
    if question.appeal is Appeal.OPEN:
        raise Refused(Refusal.ILLEGAL, "An appeal waits on this question. Judge it instead.")


async def list_question(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Show a question and open it for votes; on a screened-out or answered one, a reversal."""
    decider = staff(sign_in, RoleAct.LIST)
    found = await read(store, meeting, q, revision)
    _without_appeal(found)
    return await commit(store, found, Act.LIST, decider, "q.list", now, fields=UNSCREENED)


async def list_by_rule(store: Redis, meeting: Meeting, questions: Sequence[str], now: int) -> int:
    """List on receipt, where the meeting moderates after display: those that have a number and wait still,
    in one call. Returns how many; where somebody decided meanwhile, their decision stands."""
    rule, kind = by_rule(Rule.AFTER_DISPLAY), "q.list"
    found = await question_rows.read(store, meeting.id, questions)
    waits = [q for q in found if q.state is State.RECEIVED and q.number is not None]
    return await decisions.commit_all(store, [drafted(q, Act.LIST, rule, kind, now) for q in waits])


async def screen_out(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    revision: int,
    reason: str,
    note: str,
    target: int | None,
    now: int,
) -> Question:
    """Decide not to show a question, with a public reason; withheld when the reason says so."""
    decider = staff(sign_in, RoleAct.SCREEN_OUT)
    found = await read(store, meeting, q, revision)
    chosen, noted = await _screening(store, meeting, found, reason, note, target)
    if chosen.withholds and found.members:
        # Their texts are public and nobody has judged them: each needs a decision of its own.
        raise Refused(
            Refusal.ILLEGAL,
            "{count} merged into it would stay readable. Split all of them first: each text needs a"
            " decision of its own.",
            count=found.members,
        )
    withheld = int(chosen.withholds)
    return await commit(
        store,
        found,
        Act.SCREEN_OUT,
        decider,
        "q.screen",
        now,
        intent={
            "reason": chosen.code,
            "target": target,
            "withheld": withheld,
            "votes": found.votes,
            "note": noted.c,
            "second": None,
        },
        fields={
            "reason": chosen.code,
            "sentence": chosen.sentence,
            "note": noted.text,
            "withheld": str(withheld),
            "target": "" if target is None else str(target),
        },
        openings=noted.openings,
    )


async def screen_alone(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    revision: int,
    reason: str,
    note: str,
    target: int | None,
    now: int,
) -> Question:
    """Split all members off a head, then screen it out; nothing is split where that is refused.

    Several decisions in this order: whatever comes between, no text turns public by it.
    """
    staff(sign_in, RoleAct.SCREEN_OUT)
    found = await read(store, meeting, q, revision)
    await _screening(store, meeting, found, reason, note, target)
    step(found.state, Act.SCREEN_OUT)
    head = await merge.split_all(store, meeting, sign_in, q, revision, now)
    return await screen_out(store, meeting, sign_in, q, head.revision, reason, note, target, now)


async def _screening(
    store: Redis, meeting: Meeting, found: Question, reason: str, note: str, target: int | None
) -> tuple[Reason, Text]:
    """The reason and the note of a screening, both as the meeting allows them."""
    chosen = reason_for(meeting.reasons, reason, target)
    _without_appeal(found)
    if target is not None and (
        target == found.number or await question_rows.by_number(store, meeting.id, target) is None
    ):
        raise Refused(Refusal.TARGET_NEEDED, "The target must be another question of this meeting.")
    return chosen, layer(meeting.id, found.q, Layer.NOTE, note, NOTE_MAX_CHARS)


async def send_back(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, hint: str, now: int
) -> Question:
    """End a waiting question with a hint for its asker, who may follow with a new one."""
    decider = staff(sign_in, RoleAct.SEND_BACK)
    found = await read(store, meeting, q, revision)
    if found.members:
        raise Refused(Refusal.ILLEGAL, "Split the questions merged into it first.")
    hinted = layer(meeting.id, q, Layer.HINT, hint, NOTE_MAX_CHARS)
    if not hinted.text:
        raise Refused(Refusal.EMPTY, "Write a hint: what should the asker change?")
    return await commit(
        store,
        found,
        Act.SEND_BACK,
        decider,
        "q.hint",
        now,
        intent={"note": hinted.c},
        fields={"hint": hinted.text},
        openings=hinted.openings,
    )


async def word(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, wording: str, now: int
) -> Question:
    """Show other words beside the asker's own; the original wording removes the layer again."""
    decider = staff(sign_in, RoleAct.WORD)
    found = await read(store, meeting, q, revision)
    text = limited(wording, meeting.min_chars, meeting.max_chars)
    other = "" if text == found.text else text
    shown = layer(meeting.id, q, Layer.WORDING, other, 2 * meeting.max_chars)
    return await commit(
        store,
        found,
        Act.WORD,
        decider,
        "q.word",
        now,
        intent={"c2": shown.c},
        fields={"wording": shown.text},
        openings=shown.openings,
    )


async def waiting(store: Redis, meeting: str) -> list[Question]:
    """Numbered questions that wait for a decision, oldest first, at most PAGE."""
    ids = await typed.zrange(store, keys.waiting(meeting), 0, PAGE - 1)
    found = await question_rows.read(store, meeting, ids)
    # One may have been decided between the two reads: shown as waiting, with its new revision, it
    # would invite a reversal that nobody meant.
    return [q for q in found if q.number is not None and q.state is State.RECEIVED]
