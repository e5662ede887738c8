"""Appeal once, judged by another moderator; both are public."""

from __future__ import annotations

from dataclasses import replace

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.acts.asker import asked_by
from server.acts.decision import ASKER, UNSCREENED, commit, layer, read, staff
from server.acts.limits import take_or_refuse
from server.domain.appeal import Appeal, admit_appeal, admit_judge
from server.domain.meeting import Meeting
from server.domain.question import Act
from server.domain.roles import Act as RoleAct
from server.domain.roles import Role
from server.domain.screening import NOTE_MAX_CHARS
from server.domain.seal import Lock
from server.store import staff as appointed
from server.store.question_rows import Question
from server.translog.layers import Layer

APPEALS_AN_HOUR = 5


async def appeal(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    why: str,
    now: int,
    secret: str = "",
) -> Question:
    """Ask for a second look at an own question that was screened out; once, with optional words.
    `secret` opens its lock, where it has one."""
    found, pre = await asked_by(store, meeting, sign_in, q, Lock.APPEAL, secret)
    admit_appeal(found.state, found.appeal)
    await take_or_refuse(
        store,
        f"appeal:{meeting.id}:{sign_in.voter}",
        APPEALS_AN_HOUR / 3600,
        APPEALS_AN_HOUR,
        "You can appeal {count} times an hour. Please wait {wait} and try again.",
        count=APPEALS_AN_HOUR,
    )
    said = layer(meeting.id, q, Layer.APPEAL, why, NOTE_MAX_CHARS)
    kept = {"appeal": Appeal.OPEN.value, "appeal_note": said.text}
    # Who screened it out must stay known: the judge has to be somebody else.
    kept |= {"by": found.by, "decided_at": str(found.decided_at or now)}
    return await commit(
        store,
        found,
        Act.APPEAL,
        replace(ASKER, sign_in=sign_in.key),
        "q.appeal",
        now,
        intent={"pre": pre, "note": said.c},
        fields=kept,
        openings=said.openings,
    )


async def judge(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    q: str,
    revision: int,
    overturn: bool,
    now: int,
) -> Question:
    """Decide an appeal: overturned lists the question, upheld leaves it screened out."""
    decider = staff(sign_in, RoleAct.JUDGE)
    found = await read(store, meeting, q, revision)
    admit_judge(found.appeal, found.by, decider.by, await moderators(store, meeting))
    end = Appeal.OVERTURNED if overturn else Appeal.UPHELD
    fields = {"appeal": end.value}
    if overturn:
        fields |= UNSCREENED
    else:
        fields |= {"by": found.by}
    return await commit(
        store,
        found,
        Act.OVERTURN if overturn else Act.UPHOLD,
        decider,
        "q.judge",
        now,
        intent={"d": end.value, "reason": None if overturn else found.reason},
        fields=fields,
    )


async def moderators(store: Redis, meeting: Meeting) -> int:
    """How many moderators have signed in to this meeting and were not revoked."""
    return (await appointed.read(store, meeting.id)).active(Role.MODERATOR)
