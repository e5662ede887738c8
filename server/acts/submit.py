"""Ask: clean, commit text, commitment and log intent together. Also what an asker may do later."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from server.acts import holds
from server.acts.admission import SignIn
from server.acts.asker import asked_by
from server.acts.decision import ASKER, commit
from server.acts.limits import take_or_refuse
from server.acts.merge import release
from server.domain.ids import checked, digest, fate_capability
from server.domain.meeting import Meeting
from server.domain.meeting_fields import LANGUAGE
from server.domain.question import Act, State
from server.domain.refusals import Refusal, Refused
from server.domain.seal import UNSEALED, Lock, Seal
from server.domain.text import clean, direction, limited
from server.store import keys, submissions, typed
from server.store.call import call
from server.store.question_rows import Question, by_number, read, read_one
from server.translog import leaf

NAME_MAX_CHARS = 80
WINDOW_S = 600


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an asker holds: the id, the number once given, and the address of the fate page."""

    q: str
    number: int | None
    state: State
    fate: str


def _name(typed: str | None) -> str:
    name = " ".join(clean(typed).split()) if typed else ""
    if len(name) > NAME_MAX_CHARS:
        raise Refused(
            Refusal.TOO_LONG, "A name has at most {high} characters.", high=NAME_MAX_CHARS
        )
    return name


def _language(typed: str | None) -> str:
    if typed and not LANGUAGE.fullmatch(typed):
        raise Refused(
            Refusal.BAD_INPUT, "{typed} is not a language tag such as en.", typed=repr(typed)
        )
    return typed or "und"


async def _sent_back(store: Redis, meeting: Meeting, sign_in: SignIn, number: int) -> Question:
    found = await by_number(store, meeting.id, number)
    if found is None or found.asker != sign_in.voter or found.state is not State.SENT_BACK:
        raise Refused(Refusal.UNKNOWN, "Only your own question that was sent back can be followed.")
    return found


def _fields(
    meeting: Meeting, q: str, text: str, lang: str, name: str, seal: Seal
) -> tuple[dict[str, str], str]:
    salt = bytes.fromhex(seal.salt) if seal.salt else secrets.token_bytes(leaf.SALT_BYTES)
    c = leaf.commitment(salt, leaf.opening(meeting.id, q, text, lang, name or None))
    fields = {"text": text, "lang": lang, "name": name, "dir": direction(text)}
    locks = {"lock_w": seal.withdraw, "lock_a": seal.appeal} if seal.locked else {}
    return {**fields, **locks, "salt": salt.hex(), "c": c}, c


def _entry(meeting: Meeting, q: str, c: str, via: str, seal: Seal, followed: str | None) -> str:
    """The log's intent. What could become no leaf is refused: it would wait for a number for ever."""
    assurance = "A1" if meeting.admission == "roster" else "A0"
    more: dict[str, leaf.Json] = {} if followed is None else {"after": followed}
    hl: leaf.Json = {"w": seal.withdraw, "a": seal.appeal} if seal.locked else None
    entry = leaf.intent("q.received", q=q, c=c, hl=hl, via=via, assurance=assurance, **more)
    try:
        leaf.finish(leaf.read_intent(entry), 0, None)
    except leaf.LeafError as error:
        raise Refused(
            Refusal.BAD_INPUT, "This message is not understood: {why}", why=str(error)
        ) from error
    return entry


async def _kept(store: Redis, meeting: Meeting, voter: int, q: str, text: str) -> str:
    """The text as it is kept. A repeat of what is on disk is answered as such, also after asking closed
    or limits changed; what is new must keep to both, and costs one of the asker's questions."""
    if await taken(store, meeting.id, q):
        return clean(text)
    if not meeting.asks_open():
        raise Refused(Refusal.CLOSED, "Questions are not being taken now.")
    kept = limited(text, meeting.min_chars, meeting.max_chars)
    await _pace(store, meeting, voter)
    return kept


async def _pace(store: Redis, meeting: Meeting, voter: int) -> None:
    try:
        await take_or_refuse(
            store,
            f"submit:{meeting.id}:{voter}",
            meeting.submit_limit / WINDOW_S,
            meeting.submit_limit,
            "You can ask {count} questions in {minutes} minutes. Please wait {wait} and try again.",
            count=meeting.submit_limit,
            minutes=WINDOW_S // 60,
        )
    except Refused:
        await holds.count(store, meeting.id)
        raise


async def submit(
    store: Redis,
    meeting: Meeting,
    sign_in: SignIn,
    *,
    q: str,
    text: str,
    lang: str | None,
    name: str | None,
    via: str,
    secret: bytes,
    now: int,
    after: int | None = None,
    seal: Seal = UNSEALED,
) -> Receipt:
    """Take a question. Repeating it with the same id never makes a second one.

    `after` is the number of an own question that was sent back, which this one follows. `seal` is
    what the asker's browser made; without it the salt is made here and nothing locks the question.

    On RedisError it may or may not have been taken; asking again with the same id is safe.
    """
    checked(q)
    if sign_in.voter is None:
        raise Refused(Refusal.FORBIDDEN, "Only attendees can ask. Join the meeting first.")
    kept = await _kept(store, meeting, sign_in.voter, q, text)
    fields, c = _fields(meeting, q, kept, _language(lang), _name(name), seal)
    followed = None
    if after is not None:
        followed = (await _sent_back(store, meeting, sign_in, after)).q
        fields["after"] = str(after)
    entry = _entry(meeting, q, c, via, seal, followed)
    fate = fate_capability(secret, meeting.id, q)
    told = submissions.command(meeting.id, q, sign_in.voter, fields, entry, digest(fate), now)
    answer = await call(store, submissions.FUNCTION, *told)
    if answer == "closed":
        raise Refused(Refusal.CLOSED, "Questions are not being taken now.")
    if answer == "conflict":
        raise Refused(Refusal.CONFLICT, "This id belongs to another question.")
    held = await read_one(store, meeting.id, q)
    if held is None:
        raise AssertionError("a question that was just committed exists")
    return Receipt(q, held.number, held.state, fate)


async def taken(store: Redis, meeting: str, q: str) -> bool:
    """True when this id was taken already: a repeat costs its sender no token."""
    return bool(await store.exists(keys.question(meeting, checked(q))))


async def mine(store: Redis, meeting: Meeting, voter: int) -> list[Question]:
    """An asker's own questions, newest first."""
    ids = await typed.smembers(store, keys.asked(meeting.id, voter))
    found = await read(store, meeting.id, sorted(ids))
    return sorted(found, key=lambda question: (question.received_at, question.q), reverse=True)


async def by_fate(store: Redis, meeting: Meeting, capability: str) -> Question | None:
    """The question that a fate address follows, or None."""
    q = await typed.hget(store, keys.fates(meeting.id), digest(capability))
    return await read_one(store, meeting.id, q) if q else None


async def withdraw(
    store: Redis, meeting: Meeting, sign_in: SignIn, q: str, now: int, secret: str = ""
) -> Question:
    """Take an own question back: final and public. `secret` opens its lock, where it has one.

    Questions merged into it are split off first: they are other people's.
    """
    found, pre = await asked_by(store, meeting, sign_in, q, Lock.WITHDRAW, secret)
    if found.members:
        await release(store, meeting, found, now)
        found = await read_one(store, meeting.id, q) or found
    asker = replace(ASKER, sign_in=sign_in.key)
    return await commit(store, found, Act.WITHDRAW, asker, "q.withdraw", now, intent={"pre": pre})
