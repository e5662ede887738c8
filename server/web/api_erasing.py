"""The API of erasure: an asker takes the own words away, an organiser names a legal ground."""

from __future__ import annotations

import msgspec
from quart import Response, jsonify

from server.acts import erase as erasing
from server.domain.refusals import Refusal
from server.domain.roles import Act
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_bodies import Withdrawing
from server.web.parts import parts


class Erasing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Question `n` on the revision that was read; `basis` is law, court or retention."""

    n: int
    revision: int
    basis: str


class ErasedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What is left. `rewritten`: the store's own file holds the words no more; where it is false that is
    tried again until it is done, and the same request asks for it anew."""

    q: str
    number: int
    state: str
    revision: int
    basis: str
    rewritten: bool


def _erased(done: erasing.Erasure) -> Response:
    left = done.question
    return jsonify(
        {
            "q": left.q,
            "number": left.number,
            "state": left.state.value,
            "revision": left.revision,
            "basis": left.erased,
            "rewritten": done.rewritten,
        }
    )


@endpoint(
    "POST",
    "/meetings/<slug>/questions/<q>/erase",
    ErasedAnswer,
    Refusal.CONTENDED,
    body=Withdrawing,
)
async def erase_own_question(slug: str, q: str, given: Withdrawing) -> Response:
    """Erase the words of one's own question for good, until the meeting closes, with the secret behind its
    lock where it has one."""
    meeting = await meeting_at(slug)
    person = await people.attendee(meeting)
    person.need(Act.WITHDRAW)
    now, secret = parts().clock(), given.pre or ""
    return _erased(await erasing.erase_own(parts().store, meeting, person.voter(), q, secret, now))


@endpoint(
    "POST",
    "/meetings/<slug>/erasures",
    ErasedAnswer,
    Refusal.CONTENDED,
    body=Erasing,
)
async def erase_question(slug: str, given: Erasing) -> Response:
    """Erase a question's words for good, on a legal ground that the record will name."""
    meeting = await meeting_at(slug)
    person = await people.organiser_of(meeting)
    person.need(Act.ORGANISE)
    n, revision, basis = given.n, given.revision, given.basis
    return _erased(
        await erasing.erase_named(parts().store, meeting, n, revision, basis, parts().clock())
    )
