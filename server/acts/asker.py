"""Who asked a question: proved by the secret of its lock, or where it has none by the sign-in."""

from __future__ import annotations

from redis.asyncio import Redis

from server.acts.admission import SignIn
from server.domain.ids import checked
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.seal import Lock, fits
from server.store.question_rows import Question, read_one

NEEDED = (
    "Only the receipt of this question can do this. Open it in the browser that asked, or by the"
    " link on the receipt."
)


async def asked_by(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, lock: Lock, secret: str
) -> tuple[Question, str | None]:
    """The question, and the secret that its leaf shows; None where it was sent without locks.

    The right secret is enough, whichever attendee shows it: that is what the receipt is for.
    A stranger's question is answered as unknown; refused FORBIDDEN to its own asker without the
    secret.
    """
    found = await read_one(store, meeting.id, checked(q))
    if found is None or sign_in.voter is None:
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    held = found.lock_w if lock is Lock.WITHDRAW else found.lock_a
    if fits(held, secret):
        return found, secret
    if found.asker != sign_in.voter:
        raise Refused(Refusal.UNKNOWN, "There is nothing with this id.")
    if held:
        raise Refused(Refusal.FORBIDDEN, NEEDED)
    return found, None
