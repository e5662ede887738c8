"""Organiser links and staff invitations: one-time, consumed by an act, never by opening a page."""

from __future__ import annotations

import json
import time

from redis.asyncio import Redis

from server.acts.admission import STAFF_SIGN_IN_MS, SignInToken, new_token, redeem
from server.domain.ids import digest
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import INVITABLE, Role
from server.store import keys, typed

LINK_MS = 24 * 3_600_000
INVITATION_S = 14 * 24 * 3600


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


async def invite(store: Redis, meeting: Meeting, role: Role, now: int) -> str:
    """A one-time invitation token for a staff role, valid for two weeks; make another to re-issue."""
    if role not in INVITABLE:
        raise Refused(Refusal.BAD_INPUT, f"Nobody is invited as {role}; attendees join by code.")
    token = new_token()
    key = keys.invitation(meeting.id, digest(token))
    pipe = store.pipeline()
    pipe.hset(key, mapping={"role": role.value, "voter": ""})
    pipe.expire(key, INVITATION_S)
    await pipe.execute()
    return token


async def redeem_invitation(store: Redis, meeting: Meeting, token: str, now: int) -> SignInToken:
    """The staff sign-in for an invitation; the label (Moderator 2) is fixed from here on."""
    return await redeem(store, meeting.id, token, STAFF_SIGN_IN_MS, now)


async def forget_expired(store: Redis, now: int) -> int:
    """Remove expired organiser links and sign-ins; returns how many there were."""
    rows = await typed.hgetall(store, keys.ORGANISERS)
    expired = [name for name, row in rows.items() if json.loads(row)["expires"] <= now]
    if expired:
        await store.hdel(keys.ORGANISERS, *expired)
    return len(expired)
