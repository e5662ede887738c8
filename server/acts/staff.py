"""Organisers of the deployment and staff of a meeting: one-time links, consumed by an act alone."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from redis.asyncio import Redis

from server.acts.admission import STAFF_SIGN_IN_MS, SignIn, SignInToken, new_token
from server.domain import appointments
from server.domain.appointments import Appointment, Staff
from server.domain.ids import digest, from_bytes
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role, pseudonym
from server.domain.text import clean
from server.store import keys, typed
from server.store import staff as stored
from server.store.staff import SignInMade
from server.translog.leaf import Json, canonical, commitment, intent, sha256_hex

LINK_MS = 24 * 3_600_000
INVITATION_MS = 14 * 24 * 3_600_000
TRIES = 5


async def _remember(store: Redis, token: str, kind: str, expires: int) -> None:
    value = json.dumps({"kind": kind, "expires": expires})
    await store.hset(keys.ORGANISERS, digest(token), value)


async def _known(store: Redis, token: str, kind: str, now: int) -> bool:
    held = await typed.hget(store, keys.ORGANISERS, digest(token))
    if held is None:
        return False
    row = json.loads(held)
    return bool(row["kind"] == kind and row["expires"] > now)


async def new_organiser_link(store: Redis) -> str:
    """A one-time token, valid for a day, that makes its holder an organiser of this deployment."""
    token = new_token()
    await _remember(store, token, "link", int(time.time() * 1000) + LINK_MS)
    return token


async def redeem_organiser_link(store: Redis, token: str, now: int) -> str:
    """The organiser's sign-in token for a fresh link; a used or expired link is refused."""
    known = await _known(store, token, "link", now)
    # HDEL answers 1 to exactly one of several that redeem at once.
    if not known or not await store.hdel(keys.ORGANISERS, digest(token)):
        raise Refused(
            Refusal.USED,
            "This link was used already or has expired. Ask the operator for a new one.",
        )
    fresh = new_token()
    await _remember(store, fresh, "sign_in", now + STAFF_SIGN_IN_MS)
    return fresh


async def is_organiser(store: Redis, token: str, now: int | None = None) -> bool:
    """True while `token` is an organiser's living sign-in."""
    return await _known(store, token, "sign_in", int(time.time() * 1000) if now is None else now)


async def end_organiser(store: Redis, token: str) -> None:
    """Sign an organiser out."""
    await store.hdel(keys.ORGANISERS, digest(token))


async def forget_expired(store: Redis, now: int) -> int:
    """Remove expired organiser links and sign-ins; returns how many there were."""
    rows = await typed.hgetall(store, keys.ORGANISERS)
    expired = [name for name, row in rows.items() if json.loads(row)["expires"] <= now]
    if expired:
        await store.hdel(keys.ORGANISERS, *expired)
    return len(expired)


def roster_document(staff: Staff) -> bytes:
    """What `m.role` commits to: each label with a salted commitment to whom it belongs, so that a
    label cannot change hands unseen, and nobody is named."""
    rows: list[Json] = [
        {
            "label": one.label,
            "c": commitment(
                bytes.fromhex(one.salt), canonical({"label": one.label, "subject": one.subject})
            ),
            "signed_in": one.uses,
            "also_organiser": one.also,
            "revoked": one.revoked,
        }
        for one in staff.appointments
        if one.label
    ]
    return canonical({"roster": rows, "v": 1})


def _label(staff: Staff, made: SignInMade) -> str:
    return next(one.label for one in staff.appointments if one.sign_in == made.digest)


def _changed(before: Staff, after: Staff) -> str:
    """Whose appointment changed, as a pseudonym such as mod:2, for the desk's log."""
    known = {one.label: one for one in before.appointments if one.label}
    changed = (one for one in after.appointments if one.label and known.get(one.label) != one)
    return next((pseudonym(one.role, one.label) for one in changed), "")


async def _commit(
    store: Redis,
    meeting: Meeting,
    change: Callable[[Staff], Staff],
    by: str,
    now: int,
    made: SignInMade | None = None,
    ended: Callable[[Staff], str] = lambda staff: "",
) -> Staff:
    """Read, decide, commit, at most TRIES times; logged where the roster of labels changed."""
    for _ in range(TRIES):
        before = await stored.read(store, meeting.id)
        after = change(before)
        if after is before:
            return before
        document, entry = roster_document(after), None
        if document != roster_document(before):
            roster = sha256_hex(document)
            # By its hash, before anything points at it: a document without a leaf harms nobody.
            await store.hset(keys.rules(meeting.id), roster, document.decode())
            who = pseudonym(made.role, _label(after, made)) if made else by
            role = _changed(before, after)
            entry = intent("m.role", meeting=meeting.id, roster=roster, by=who, role=role)
        if made is not None:
            made = replace(made, label=_label(after, made))
        if await stored.commit(store, meeting.id, after, entry, made, ended(before), now):
            return after
    raise Refused(Refusal.CONTENDED, "Very many change the staff just now. Please try again.")


async def invite(
    store: Redis,
    meeting: Meeting,
    role: Role,
    now: int,
    whom: str = "",
    also: bool = False,
    by: str = "org:1",
) -> str:
    """A one-time token for a staff role, valid for two weeks. `whom` is the organiser's own note: it
    stays with organisers and auditors. `also` = this moderator organises too, which is public."""
    token = new_token()
    fresh = Appointment(
        id=from_bytes(secrets.token_bytes(16)),
        role=role,
        whom=clean(whom).strip(),
        salt=secrets.token_bytes(32).hex(),
        until=now + INVITATION_MS,
        link=digest(token),
        also=also and role is Role.MODERATOR,
    )
    await _commit(store, meeting, lambda staff: appointments.invited(staff, fresh), by, now)
    return token


async def issue_anew(store: Redis, meeting: Meeting, appointment: str, now: int, by: str) -> str:
    """Another token for the same place on the staff; its old link and sign-in end in this moment."""
    token = new_token()
    await _commit(
        store,
        meeting,
        lambda staff: appointments.issued_anew(
            staff, appointment, digest(token), now + INVITATION_MS
        ),
        by,
        now,
        ended=lambda staff: staff.get(appointment).sign_in,
    )
    return token


async def revoke(store: Redis, meeting: Meeting, appointment: str, now: int, by: str) -> None:
    """End an invitation or a member of staff: signed out everywhere, sockets too, label never reused."""
    await _commit(
        store,
        meeting,
        lambda staff: appointments.revoked(staff, appointment),
        by,
        now,
        ended=lambda staff: staff.get(appointment).sign_in,
    )


async def redeem_invitation(
    store: Redis, meeting: Meeting, token: str, now: int, also: bool = False
) -> SignInToken:
    """The staff sign-in for a link; its label (Moderator 2) is fixed from here on. `also`: whoever
    redeems it is signed in as an organiser, so a moderator's label is marked so in public."""
    fresh, link, expires = new_token(), digest(token), now + STAFF_SIGN_IN_MS
    role = next(
        (one.role for one in (await read(store, meeting)).appointments if one.link == link),
        Role.MODERATOR,
    )
    made = SignInMade(digest(fresh), role, "", expires)
    after = await _commit(
        store,
        meeting,
        lambda staff: appointments.redeemed(staff, link, made.digest, now, also)[0],
        "",
        now,
        made,
        lambda staff: next(one.sign_in for one in staff.appointments if one.link == link),
    )
    label = _label(after, made)
    return SignInToken(fresh, SignIn(role, None, label, meeting.id, expires, made.digest))


async def found_as_organiser(store: Redis, meeting: Meeting, label: str, now: int) -> None:
    """It came out that the moderator `label` is signed in as an organiser too: public from now on."""
    by = pseudonym(Role.MODERATOR, label)
    await _commit(
        store, meeting, lambda staff: appointments.known_as_organiser(staff, label), by, now
    )


async def read(store: Redis, meeting: Meeting) -> Staff:
    """The meeting's staff as it stands."""
    return await stored.read(store, meeting.id)
