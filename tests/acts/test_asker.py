"""A question that was locked in the browser moves by its secrets alone."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from redis.asyncio import Redis

from server.acts import appeal, decide, submit
from server.acts.admission import SignIn
from server.domain.question import State
from server.domain.refusals import Refusal, Refused
from server.domain.seal import Lock, Seal, sealed, secret_in
from server.store import keys, typed
from server.translog.leaf import read_intent
from tests.acts.building import NOW, SECRET, Town, fresh_q, live_town

SALT, W, A = bytes(32).hex(), "17" * 32, "a9" * 32


def _lock(secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


SEALED = Seal(SALT, _lock(W), _lock(A))


async def _ask(town: Town, asker: SignIn, q: str, seal: Seal = SEALED) -> str:
    return (
        await submit.submit(
            town.store,
            town.meeting,
            asker,
            q=q,
            text="Who keeps the receipts?",
            lang="en",
            name=None,
            via="api",
            secret=SECRET,
            now=NOW,
            seal=seal,
        )
    ).q


async def _last(town: Town) -> dict[str, object]:
    entries = await typed.entries(town.store, keys.intake(town.meeting.id), "", 100)
    return dict(read_intent(entries[-1][1]["intent"]))


async def test_the_intent_carries_the_locks_and_the_salt_is_the_asker_s(store: Redis) -> None:
    town, q = await live_town(store), fresh_q()
    asker = await town.attendee()
    await _ask(town, asker, q)
    assert (await _last(town))["hl"] == {"w": _lock(W), "a": _lock(A)}
    assert await typed.hget(store, keys.question(town.meeting.id, q), "salt") == SALT
    assert await _ask(town, asker, q) == q


async def test_withdrawing_needs_the_secret_also_of_who_is_signed_in(store: Redis) -> None:
    town = await live_town(store)
    asker, stranger = await town.attendee(), await town.attendee()
    q = await _ask(town, asker, fresh_q())
    for person, secret, refusal in (
        (asker, "", Refusal.FORBIDDEN),
        (asker, A, Refusal.FORBIDDEN),
        (asker, "not hex", Refusal.FORBIDDEN),
        (stranger, "", Refusal.UNKNOWN),
        (stranger, A, Refusal.UNKNOWN),
    ):
        with pytest.raises(Refused) as refused:
            await submit.withdraw(store, town.meeting, person, q, NOW, secret)
        assert refused.value.refusal is refusal
    found = await submit.withdraw(store, town.meeting, stranger, q, NOW, W)
    assert found.state is State.WITHDRAWN and (await _last(town))["pre"] == W


async def test_an_appeal_needs_its_own_secret(store: Redis) -> None:
    town = await live_town(store)
    asker, moderator = await town.attendee(), await town.moderator()
    await town.moderator()
    q = await _ask(town, asker, fresh_q())
    await town.number()
    await decide.screen_out(store, town.meeting, moderator, q, 1, "off-topic", "", None, NOW)
    with pytest.raises(Refused) as refused:
        await appeal.appeal(store, town.meeting, asker, q, "Why?", NOW, W)
    assert refused.value.refusal is Refusal.FORBIDDEN
    await appeal.appeal(store, town.meeting, asker, q, "Why?", NOW, A)
    assert (await _last(town))["pre"] == A


async def test_without_locks_the_sign_in_suffices_and_the_leaf_says_so(store: Redis) -> None:
    town = await live_town(store)
    asker, stranger = await town.attendee(), await town.attendee()
    q = await _ask(town, asker, fresh_q(), Seal())
    assert (await _last(town))["hl"] is None
    with pytest.raises(Refused) as refused:
        await submit.withdraw(store, town.meeting, stranger, q, NOW, W)
    assert refused.value.refusal is Refusal.UNKNOWN
    await submit.withdraw(store, town.meeting, asker, q, NOW, W)
    assert (await _last(town))["pre"] is None


@pytest.mark.parametrize(
    ("salt", "w", "a"),
    [("00", "", ""), ("", _lock(W), ""), ("", "", _lock(A)), ("", _lock(W).upper(), _lock(A))],
)
def test_a_malformed_seal_is_refused_in_words(salt: str, w: str, a: str) -> None:
    with pytest.raises(Refused) as refused:
        sealed(salt, w, a)
    assert refused.value.refusal is Refusal.BAD_INPUT


def test_a_typed_code_of_a_receipt_gives_the_secret_of_either_lock() -> None:
    code = base64.urlsafe_b64encode(bytes(range(16))).rstrip(b"=").decode()
    key = bytes(range(16))
    withdraw = hmac.digest(key, b"openfloor withdraw", "sha256").hex()
    assert secret_in(f" {code}\n", Lock.WITHDRAW) == withdraw
    assert secret_in(code, Lock.APPEAL) == hmac.digest(key, b"openfloor appeal", "sha256").hex()
    assert secret_in(W, Lock.WITHDRAW) == W


async def test_what_could_become_no_leaf_is_refused_before_anything_is_kept(store: Redis) -> None:
    town = await live_town(store)
    asker = await town.attendee()
    with pytest.raises(Refused) as refused:
        await _ask(town, asker, fresh_q(), Seal("", f"{_lock(W)}\n", _lock(A)))
    assert refused.value.refusal is Refusal.BAD_INPUT
    assert not await submit.mine(store, town.meeting, asker.voter or 0)
    assert not await store.zcard(keys.waiting(town.meeting.id))
