"""Decisions about one question: read, let the domain decide, commit on the revision that was read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.question import VOTABLE, Act, State, step
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.roles import may
from server.domain.screening import NOTE_MAX_CHARS, reason_for
from server.domain.text import clean
from server.store import keys, question_rows, typed
from server.store.call import call
from server.store.question_rows import Question
from server.translog import leaf

PAGE = 500


async def commit(
    store: Redis, question: Question, act: Act, entry: str, fields: Mapping[str, str], now: int
) -> Question:
    """Make one decision true on `question.revision`, with its log intent and stream entry.

    Refused CONTENDED when another decision came first, ILLEGAL when the table has no such step.
    """
    state = step(question.state, act)
    m = question.meeting
    answer = await call(
        store,
        "commit_decision",
        [
            keys.question(m, question.q),
            keys.intake(m),
            keys.events(m),
            keys.voters(m, question.q),
            keys.ranked(m),
            keys.waiting(m),
            keys.screened(m),
            keys.answered(m),
            keys.on_air(m),
        ],
        [
            question.q,
            question.revision,
            state.value,
            int(state in VOTABLE),
            entry,
            json.dumps({**fields, "decided_at": str(now)}),
        ],
    )
    if answer[0] == "unknown":
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    if answer[0] == "contended":
        raise _look_again(await question_rows.read_one(store, m, question.q))
    after = await question_rows.read_one(store, m, question.q)
    if after is None:
        raise AssertionError("a question that was just decided exists")
    return after


def _look_again(found: Question | None) -> Refused:
    what = f"is {found.state.replace('_', ' ')} now" if found else "is gone"
    by = f", decided by {found.by}" if found and found.by else ""
    return Refused(
        Refusal.CONTENDED, f"Somebody decided first: this question {what}{by}. Look again."
    )


async def _read(store: Redis, meeting: Meeting, q: str, revision: int) -> Question:
    found = await question_rows.read_one(store, meeting.id, checked(q))
    if found is None or found.number is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    if found.revision != revision:
        raise _look_again(found)
    return found


def _staff(sign_in: SignIn, act: RoleAct) -> str:
    if not may(sign_in.role, act):
        raise Refused(Refusal.FORBIDDEN, "Your role does not allow this.")
    return sign_in.label or sign_in.role.value


async def list_question(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, revision: int, now: int
) -> Question:
    """Show a question and open it for votes."""
    by = _staff(sign_in, RoleAct.LIST)
    found = await _read(store, meeting, q, revision)
    entry = leaf.intent("q.list", q=q, by=by, revision=revision)
    fields = {"by": by, "reason": "", "note": "", "withheld": "0", "target": ""}
    return await commit(store, found, Act.LIST, entry, fields, now)


async def list_by_rule(store: Redis, meeting: Meeting, q: str, now: int) -> Question | None:
    """List on receipt, where the meeting moderates after display; None when nothing was to do."""
    found = await question_rows.read_one(store, meeting.id, q)
    if found is None or found.state is not State.RECEIVED or found.number is None:
        return None
    by = "rule:after-display"
    entry = leaf.intent("q.list", q=q, by=by, revision=found.revision)
    try:
        return await commit(store, found, Act.LIST, entry, {"by": by}, now)
    except Refused:
        return None  # somebody decided in the meantime: their decision stands


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
    by = _staff(sign_in, RoleAct.SCREEN_OUT)
    chosen = reason_for(meeting.reasons, reason, target)
    kept = clean(note)
    if len(kept) > NOTE_MAX_CHARS:
        raise Refused(Refusal.TOO_LONG, f"A note has at most {NOTE_MAX_CHARS} characters.")
    found = await _read(store, meeting, q, revision)
    if target is not None and (
        target == found.number or await question_rows.by_number(store, meeting.id, target) is None
    ):
        raise Refused(Refusal.TARGET_NEEDED, "The target must be another question of this meeting.")
    withheld = int(chosen.withholds)
    entry = leaf.intent(
        "q.screen",
        q=q,
        reason=chosen.code,
        target=target,
        withheld=withheld,
        votes=found.votes,
        by=by,
        second=None,
        revision=revision,
    )
    fields = {
        "by": by,
        "reason": chosen.code,
        "note": kept,
        "withheld": str(withheld),
        "target": "" if target is None else str(target),
    }
    return await commit(store, found, Act.SCREEN_OUT, entry, fields, now)


async def waiting(store: Redis, meeting: str) -> list[Question]:
    """Numbered questions that wait for a decision, oldest first, at most PAGE."""
    ids = await typed.zrange(store, keys.waiting(meeting), 0, PAGE - 1)
    found = await question_rows.read(store, meeting, ids)
    return [question for question in found if question.number is not None]


async def screened_out(store: Redis, meeting: str) -> list[Question]:
    """All screened-out questions by public number. `text` is still inside: pages must stub it."""
    ids = await typed.zrange(store, keys.screened(meeting), 0, -1)
    found = await question_rows.read(store, meeting, ids)
    return sorted(found, key=lambda question: question.number or 0)


async def by_number(store: Redis, meeting: str, n: int) -> Question | None:
    """The question with this public number in any state, or None."""
    return await question_rows.by_number(store, meeting, n)
