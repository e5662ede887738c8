"""Erase a question's words for good: by its asker, or by an organiser who names a legal basis."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts.admission import SignIn
from server.acts.asker import asked_by
from server.acts.decision import look_again, rebuilt_now
from server.domain.erasing import NAMED, Basis
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.seal import Lock
from server.store import erasing, exports, keys, question_rows, rebuilding
from server.store.question_rows import Question
from server.translog import leaf


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done: the question as it is now, and whether the store's file is free of its words."""

    question: Question
    rewritten: bool


async def erase_own(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, secret: str, now: int
) -> Erasure:
    """Erase one's own question, in whatever state it is, until the meeting closes. Its lock's secret is
    needed where it has one. A stranger's is answered as unknown."""
    await _stands(store, meeting)
    found, pre = await asked_by(store, meeting, sign_in, q, Lock.WITHDRAW, secret)
    return await _erase(store, found, Basis.AUTHOR, pre, sign_in.key, now)


async def erase_named(
    store: Redis, meeting: Meeting, number: int, revision: int, basis: str, now: int
) -> Erasure:
    """Erase the words of a question on a legal basis that an organiser names, on the revision seen. Of one
    that was erased before, the store's file is written anew where that is still to be done."""
    if basis not in NAMED:
        raise Refused(Refusal.BAD_INPUT, "must be law, court or retention.", field="basis")
    await _stands(store, meeting)
    found = await question_rows.by_number(store, meeting.id, number)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number.")
    if found.revision != revision and not found.erased:
        raise look_again(found)
    return await _erase(store, found, Basis(basis), None, "", now)


async def _stands(store: Redis, meeting: Meeting) -> None:
    """Refused where the meeting is brought back right now: its questions may not be there yet."""
    if await rebuilding.is_begun(store, meeting.id):
        raise rebuilt_now()


async def _erase(
    store: Redis, found: Question, basis: Basis, pre: str | None, sign_in: str, now: int
) -> Erasure:
    if found.number is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number.")
    entry = leaf.intent(
        "q.erase",
        q=found.q,
        revision=found.revision,
        what=["salt", "text"],
        basis=basis.value,
        pre=pre,
    )
    answer = await erasing.erase(
        store, found.meeting, found.q, found.revision, basis.value, entry, now, sign_in
    )
    if answer == "signed_out":
        raise Refused(Refusal.SIGNED_OUT, "Your sign-in has ended. Nothing was decided.")
    if answer == "rebuilding":
        raise rebuilt_now()
    after = await question_rows.read_one(store, found.meeting, found.q)
    if answer not in ("committed", "erased") or after is None:
        raise look_again(after)
    for export in await exports.all_of(store, found.meeting):
        # It may hold the words. Where jobs have a store of their own, its copy is not served any more
        # (acts/exports.py) and expires.
        await store.delete(keys.export_file(found.meeting, export.id, export.sha256))
    return Erasure(after, await settle(store, found.meeting))


async def settle(store: Redis, meeting: str) -> bool:
    """Write the store's file anew where an erasure in this meeting still needs it; False where that
    failed: the clock tries again until it is done."""
    try:
        for _, last in (await erasing.owed(store, [meeting])).items():
            if not await erasing.rewrite(store):
                return False
            await erasing.paid(store, meeting, last)
    except RedisError:
        return False
    return True
