"""What all decisions share: who decides, on which revision, and what a failed commit means."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.domain import rules
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.question import Act, State, in_words, step
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act as RoleAct
from server.domain.roles import may, pseudonym, spoken
from server.domain.text import clean
from server.store import decisions, question_rows
from server.store.decisions import Decision
from server.store.question_rows import Question
from server.translog import layers, leaf
from server.translog.layers import Layer


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: `by` as the log says it, and the digest of the sign-in ('' for a rule)."""

    by: str
    sign_in: str = ""
    closing: bool = False


ASKER = Decider("asker")
# What a question loses that is screened out no more.
UNSCREENED = {"reason": "", "sentence": "", "note": "", "withheld": "0", "target": ""}


def by_rule(rule: rules.Rule) -> Decider:
    """A rule as the one who decides; the closing may still decide in a meeting that has ended."""
    return Decider(rules.name(rule), closing=rule is rules.Rule.CLOSING)


def staff(sign_in: SignIn, act: RoleAct) -> Decider:
    """A member of staff as the one who decides; refused FORBIDDEN when the role does not allow it."""
    if not may(sign_in.role, act):
        raise Refused(Refusal.FORBIDDEN, "Your role does not allow this.")
    return Decider(pseudonym(sign_in.role, sign_in.label), sign_in.key)


@dataclass(frozen=True, slots=True)
class Text:
    """A layer's text with its commitment and what opens it; an empty text commits to nothing."""

    text: str
    c: str | None
    openings: Mapping[str, str]


def layer(meeting: str, q: str, kind: Layer, raw: str, most: int) -> Text:
    """A cleaned text beside question `q`; refused TOO_LONG above `most` characters."""
    text = clean(raw)
    if len(text) > most:
        raise Refused(
            Refusal.TOO_LONG,
            "At most {high} characters; this has {length}.",
            high=most,
            length=len(text),
        )
    if not text:
        return Text("", None, {})
    salt = secrets.token_bytes(leaf.SALT_BYTES)
    c = leaf.commitment(salt, layers.opening(meeting, q, kind, text))
    held = {"salt": salt.hex(), "text": text, "kind": kind.value, "q": q}
    return Text(text, c, {c: json.dumps(held)})


async def read(store: Redis, meeting: Meeting, q: str, revision: int) -> Question:
    """The question, on the revision that its decider has seen; refused CONTENDED on a later one."""
    found = await question_rows.read_one(store, meeting.id, checked(q))
    if found is None or found.number is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    if found.revision != revision:
        raise look_again(found)
    return found


def rebuilt_now() -> Refused:
    """What everybody is told who would change a meeting while it is brought back from its log."""
    return Refused(
        Refusal.CONTENDED,
        "This meeting is being rebuilt from its log. Nothing was saved. Try again in a minute.",
    )


def look_again(found: Question | None) -> Refused:
    """What the second of two deciders is told: what the question is now, and who decided."""
    if found is None:
        gone = "Somebody decided first: this question is gone. Look again."
        return Refused(Refusal.CONTENDED, gone)
    state = in_words(found.state)
    if not found.by:
        changed = "Somebody decided first: this question is {state} now. Look again."
        return Refused(Refusal.CONTENDED, changed, state=state)
    decided = "Somebody decided first: this question is {state} now, decided by {by}. Look again."
    return Refused(Refusal.CONTENDED, decided, state=state, by=spoken(found.by))


def drafted(
    question: Question,
    act: Act,
    decider: Decider,
    kind: str,
    now: int,
    *,
    intent: Mapping[str, leaf.Json] | None = None,
    fields: Mapping[str, str] | None = None,
    openings: Mapping[str, str] | None = None,
) -> Decision:
    """The decision to commit; refused ILLEGAL when the lifecycle has no such step."""
    state = step(question.state, act)
    told: dict[str, leaf.Json] = {"q": question.q, "revision": question.revision}
    if decider is not ASKER and decider.by != ASKER.by and kind != "q.end":
        told["by"] = decider.by
    return Decision(
        meeting=question.meeting,
        q=question.q,
        revision=question.revision,
        state=state,
        intent=leaf.intent(kind, **told, **(intent or {})),
        at=now,
        sign_in=decider.sign_in,
        closing=decider.closing,
        leaves_line=state is not State.LISTED or act is Act.SKIP,
        fields={"by": decider.by, "decided_at": str(now), **(fields or {})},
        openings=openings or {},
    )


async def settled(store: Redis, question: Question, answer: str) -> Question:
    """The question after a commit, or the refusal that the store's answer means."""
    if answer == "committed":
        after = await question_rows.read_one(store, question.meeting, question.q)
        if after is None:
            raise AssertionError("a question that was just decided exists")
        return after
    if answer == "signed_out":
        raise Refused(Refusal.SIGNED_OUT, "Your sign-in has ended. Nothing was decided.")
    if answer == "rebuilding":
        raise rebuilt_now()
    if answer == "ended":
        raise Refused(Refusal.CLOSED, "This meeting has closed. Its record is final.")
    if answer == "contended":
        raise look_again(await question_rows.read_one(store, question.meeting, question.q))
    raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")


async def commit(
    store: Redis,
    question: Question,
    act: Act,
    decider: Decider,
    kind: str,
    now: int,
    *,
    intent: Mapping[str, leaf.Json] | None = None,
    fields: Mapping[str, str] | None = None,
    openings: Mapping[str, str] | None = None,
) -> Question:
    """Make one decision true on `question.revision`, with its log intent and stream entry.

    Refused CONTENDED when another decision came first, ILLEGAL when the table has no such step,
    SIGNED_OUT when the decider's sign-in has ended, CLOSED when the meeting has.
    """
    decision = drafted(
        question, act, decider, kind, now, intent=intent, fields=fields, openings=openings
    )
    return await settled(store, question, await decisions.commit(store, decision))
