"""Coming in: join codes, roster codes, sign-ins, a second device."""

from __future__ import annotations

import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.ids import code_from, digest, from_bytes, normal_code
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Role
from server.domain.roster_file import CODES_MAX
from server.store import keys, typed
from server.store.call import call

VOTER_SIGN_IN_MS = 60 * 24 * 3_600_000
STAFF_SIGN_IN_MS = 12 * 3_600_000
DEVICE_LINK_S = 600
ROSTER_CODE_CHARS = 26
FRESH_AT_ONCE = 5_000
STAGED_AT_ONCE = 5_000
PARTED_AT_ONCE = 500
JOIN_TRIES = 3


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's admission to one meeting. `voter` is for attendees alone, until the meeting closes;
    `label` is for staff.

    `key` is the digest under which the store holds it: a decision checks that it still stands.
    """

    role: Role
    voter: int | None
    label: str | None
    meeting: str
    expires_at: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class SignInToken:
    """The bearer secret, shown once, with what it admits to."""

    token: str
    sign_in: SignIn


def new_token() -> str:
    """256 random bits in base64url."""
    return from_bytes(secrets.token_bytes(32))


async def _admit(store: Redis, name: str, used: list[str], args: list[str | int]) -> int:
    """The function's answer. When it is lost the same call is made again: its sign-in may stand already,
    and a new one would find the roster's code used."""
    for _ in range(JOIN_TRIES - 1):
        try:
            return int(await call(store, name, used, args))
        except RedisError:
            continue
    return int(await call(store, name, used, args))


async def join(store: Redis, meeting: Meeting, code: str, now: int) -> SignInToken:
    """Admit an attendee by the meeting's open code or by a single-use roster code. RedisError after
    JOIN_TRIES lost answers."""
    token, expires = new_token(), now + VOTER_SIGN_IN_MS
    found = [
        keys.sign_in(meeting.id, digest(token)),
        keys.free_numbers(meeting.id),
        keys.voter_count(meeting.id),
        keys.meeting(meeting.id),
        keys.attendees(meeting.id),
    ]
    typed = normal_code(code)
    made: list[str | int] = [expires, digest(token)]
    if meeting.admission == "roster":
        roster = [*found, keys.roster(meeting.id)]
        voter = await _admit(store, "admit_from_roster", roster, [*made, digest(typed)])
    elif secrets.compare_digest(typed.encode(), meeting.code.encode()):
        voter = await _admit(store, "admit_voter", found, made)
    else:
        voter = -1
    if voter == -3:
        detail = "The way of joining was changed just now. Reload the page and try again."
        raise Refused(Refusal.CONTENDED, detail)
    if voter == -1:
        raise Refused(Refusal.UNKNOWN, "This code does not open this meeting. Check it and retry.")
    if voter == -2:
        raise Refused(Refusal.USED, "This code was used already. Each code admits one person once.")
    sign_in = SignIn(Role.ATTENDEE, voter, None, meeting.id, expires, digest(token))
    return SignInToken(token, sign_in)


async def who(store: Redis, meeting: str, token: str) -> SignIn | None:
    """The sign-in behind a token, or None when there is none (any more)."""
    row = await typed.hgetall(store, keys.sign_in(meeting, digest(token)))
    if not row:
        return None
    voter = int(row["voter"]) if row["voter"] else None
    return SignIn(
        Role(row["role"]), voter, row["label"] or None, meeting, int(row["expires"]), digest(token)
    )


async def standing(store: Redis, meeting: str, sign_in_hashes: Set[str]) -> set[str]:
    """Those of the sign-ins with these digests that have not ended."""
    found, hashes = set[str](), sorted(sign_in_hashes)
    for start in range(0, len(hashes), STAGED_AT_ONCE):
        run = hashes[start : start + STAGED_AT_ONCE]
        pipe = store.pipeline(transaction=False)
        for one in run:
            pipe.exists(keys.sign_in(meeting, one))
        found |= {one for one, there in zip(run, await pipe.execute(), strict=True) if there}
    return found


async def forget_voters(store: Redis, meeting: str) -> int:
    """Destroy which sign-in had which voter number; returns how many were parted, 0 when all are.

    Each stays good for reading. Safe to repeat, also after a crash between two slices.
    """
    parted, attendees = 0, keys.attendees(meeting)
    while hashes := await typed.srandmember(store, attendees, PARTED_AT_ONCE):
        used = [attendees, *(keys.sign_in(meeting, one) for one in hashes)]
        parted += int(await call(store, "forget_voters", used, hashes))
    return parted


async def sign_out(store: Redis, meeting: str, token: str) -> None:
    """End a sign-in. Sockets under it are told through the event stream, in the same step, and close."""
    used = [keys.sign_in(meeting, digest(token)), keys.events(meeting)]
    await call(store, "end_sign_in", used, [digest(token)])


async def device_link(store: Redis, meeting: Meeting, sign_in: SignIn, now: int) -> str:
    """A one-time token that signs another device in as the same voter, for ten minutes."""
    if sign_in.voter is None:
        raise Refused(Refusal.FORBIDDEN, "Only attendees can continue on another device.")
    token = new_token()
    await store.set(keys.device_link(meeting.id, digest(token)), sign_in.voter, ex=DEVICE_LINK_S)
    return token


async def take_device(store: Redis, meeting: Meeting, token: str, now: int) -> SignInToken:
    """Sign this device in as the voter who made the link; a second use is refused."""
    fresh, expires = new_token(), now + VOTER_SIGN_IN_MS
    used = [keys.device_link(meeting.id, digest(token)), keys.sign_in(meeting.id, digest(fresh))]
    used += [keys.attendees(meeting.id)]
    voter = int(await call(store, "take_device", used, [expires, digest(fresh)]))
    if voter == -1:
        raise Refused(Refusal.USED, "This link was used already or has expired. Ask for a new one.")
    sign_in = SignIn(Role.ATTENDEE, voter, None, meeting.id, expires, digest(fresh))
    return SignInToken(fresh, sign_in)


async def has_joined(store: Redis, meeting: Meeting) -> bool:
    """True once the first person joined: from then on the way of joining is fixed."""
    return await typed.hget(store, keys.meeting(meeting.id), "joined") is not None


def fresh_codes(count: int) -> list[str]:
    """That many new single-use codes, each 128 random bits, in the order that they were drawn."""
    if not 1 <= count <= FRESH_AT_ONCE:
        raise Refused(
            Refusal.BAD_INPUT, "takes 1 to {high} codes at once.", field="count", high=FRESH_AT_ONCE
        )
    return [code_from(secrets.token_bytes(17), ROSTER_CODE_CHARS) for _ in range(count)]


async def import_roster(
    store: Redis, meeting: Meeting, codes: int | Sequence[str], now: int
) -> list[str]:
    """Add single-use codes: that many new ones, or the given ones. Returns them; only digests stay."""
    given = fresh_codes(codes) if isinstance(codes, int) else [normal_code(c) for c in codes]
    await add_codes(store, meeting, given)
    return given


async def add_codes(store: Redis, meeting: Meeting, codes: Sequence[str]) -> int:
    """Add normalised codes, all in one step or none; returns how many were not there before."""
    if not 1 <= len(codes) <= CODES_MAX:
        raise Refused(
            Refusal.BAD_INPUT, "a roster takes 1 to {high} codes.", field="codes", high=CODES_MAX
        )
    if meeting.admission != "roster":
        raise Refused(Refusal.ILLEGAL, "This meeting is joined by one shared code.")
    staged = keys.staged_roster(meeting.id, from_bytes(secrets.token_bytes(16)))
    for start in range(0, len(codes), STAGED_AT_ONCE):
        pipe = store.pipeline(transaction=False)
        pipe.sadd(staged, *(digest(code) for code in codes[start : start + STAGED_AT_ONCE]))
        pipe.expire(staged, 3_600)
        await pipe.execute()
    return int(await call(store, "add_roster", [keys.roster(meeting.id), staged], []))


async def roster_state(store: Redis, meeting: Meeting) -> dict[str, int]:
    """How many single-use codes the meeting has, and how many of them were used."""
    held = await store.hvals(keys.roster(meeting.id)) if meeting.admission == "roster" else []
    return {"size": len(held), "used": sum(1 for value in held if value)}


async def roster_size(store: Redis, meeting: Meeting) -> int:
    """How many single-use codes the meeting has."""
    return int(await store.hlen(keys.roster(meeting.id)))
