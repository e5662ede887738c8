"""Reading while the store is away: the last board, with a line that says so. Writes are refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from quart import g, request
from redis.exceptions import RedisError, ResponseError

from server.acts.admission import SignIn
from server.store.circuit import StoreAway

T = TypeVar("T")
READING = ("GET", "HEAD")
KEPT = 20_000
DETAILS = {  # in other languages by the catalogue's `away.` sentences
    "not_saved": "Not saved: the store does not answer. Please try again in a moment.",
    "not_known": "The store does not answer, so it is not known yet whether this was saved. Look again in a"
    " moment, and send again what is missing.",
    "not_shown": "This cannot be shown right now: the server waits for its store. It comes back by itself.",
}


async def or_last(read: Callable[[], Awaitable[T]], last: T) -> T:
    """What `read` brings; `last` where the store is away and the request only reads.

    One wait a request: what else it would read is answered by `last` at once. A request that writes
    is never answered from memory: the RedisError goes on.
    """
    if not noticed():
        try:
            return await read()
        except RedisError:
            if request.method not in READING:
                raise
            show_last()
    return last


def show_last() -> None:
    """From here on this request reads from memory: it found the store away."""
    g.store_away = True


def noticed() -> bool:
    """True once this request found the store away."""
    return bool(g.get("store_away"))


def unknown() -> None:
    """This request showed a sign-in that nobody but the store knows, and the store is away."""
    g.sign_in_unknown = True


def check_known() -> None:
    """Return where the store told who asks; StoreAway where it could not: that is no reason to send
    somebody to the door who may be inside."""
    if g.get("sign_in_unknown"):
        raise StoreAway("who asks is not known now")


def words(error: RedisError) -> str:
    """Which of DETAILS to say about an absent store to this request. Where something was sent, a store
    that fell silent may have taken it."""
    if request.method in READING:
        return "not_shown"
    return "not_saved" if isinstance(error, StoreAway | ResponseError) else "not_known"


class SignIns:
    """Sign-ins seen lately, by digest, so that attendees keep reading. Never used for a write."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], SignIn] = OrderedDict()

    def remember(self, meeting: str, digest: str, found: SignIn | None) -> None:
        """What the store said last; None forgets."""
        self._seen.pop((meeting, digest), None)
        if found is not None:
            self._seen[meeting, digest] = found
            if len(self._seen) > KEPT:
                self._seen.popitem(last=False)

    def last(self, meeting: str, digest: str, now: int) -> SignIn | None:
        """The sign-in as last seen, unless it has expired."""
        found = self._seen.get((meeting, digest))
        return found if found is not None and found.expires_at > now else None
