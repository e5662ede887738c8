"""A meeting's staff in the store: one JSON value with a revision, changed with its sign-ins."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from server.domain.appointments import Appointment, Staff
from server.domain.roles import Role
from server.store import keys, typed
from server.store.call import call

NO_SIGN_IN = "none"


@dataclass(frozen=True, slots=True)
class SignInMade:
    """The sign-in that a change brings; the token itself is never stored, only `digest`."""

    digest: str
    role: Role
    label: str
    expires: int


def _encode(staff: Staff) -> str:
    rows = [asdict(one) for one in staff.appointments]
    return json.dumps({"appointments": rows, "given": dict(staff.given)}, sort_keys=True)


async def read(redis: Redis, meeting: str) -> Staff:
    """The staff as it stands; empty when nobody was invited."""
    text, revision = await typed.hmget(redis, keys.staff(meeting), ["json", "revision"])
    if not text or not revision:
        return Staff()
    fields = json.loads(text)
    rows = ({**row, "role": Role(row["role"])} for row in fields["appointments"])
    return Staff(int(revision), tuple(Appointment(**row) for row in rows), fields["given"])


async def commit(
    redis: Redis,
    meeting: str,
    staff: Staff,
    intent: str | None,
    made: SignInMade | None,
    ended: str,
    now: int,
) -> bool:
    """Make `staff` true if the store still holds the revision before it: with the log intent, the
    sign-in `made` and the end of the sign-in `ended` (a digest or ''). False when it does not."""
    answer = await call(
        redis,
        "commit_staff",
        [
            keys.staff(meeting),
            keys.intake(meeting),
            keys.events(meeting),
            keys.desk_log(meeting),
            keys.sign_in(meeting, made.digest if made else NO_SIGN_IN),
            keys.sign_in(meeting, ended or NO_SIGN_IN),
            keys.meeting(meeting),
        ],
        [
            staff.revision - 1,
            _encode(staff),
            intent or "",
            made.expires if made else 0,
            made.role.value if made else "",
            made.label if made else "",
            ended,
            now,
        ],
    )
    return bool(answer == "committed")
