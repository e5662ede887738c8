"""Builders: a meeting with people in it, on the real store."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from server.acts import admission, decide, meetings, staff, submit
from server.acts.admission import SignIn
from server.acts.limits import Rate
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.domain.roles import Role
from server.store import keys, question_rows, sequencing, typed
from server.store.question_rows import Question

NOW = int(time.time() * 1000)  # the store expires sign-ins by the real clock
SECRET = b"s" * 32
STRANGER = 5_000  # a voter who asked nothing: people here are drawn from the first 1,024 numbers
PACE = Rate(5, 20)  # the settings' own


def fresh_q() -> str:
    """A client-made question id."""
    return from_bytes(secrets.token_bytes(16))


@dataclass
class Town:
    """A live meeting and the store it lives in."""

    store: Redis
    meeting: Meeting

    async def attendee(self) -> SignIn:
        """Somebody who joined by code."""
        return (await admission.join(self.store, self.meeting, self.meeting.code, NOW)).sign_in

    async def moderator(self) -> SignIn:
        """Somebody who redeemed a moderator's invitation."""
        return await self.invited(Role.MODERATOR)

    async def host(self) -> SignIn:
        """Somebody who redeemed a host's invitation."""
        return await self.invited(Role.HOST)

    async def invited(self, role: Role) -> SignIn:
        """Somebody who redeemed an invitation for this role."""
        token = await staff.invite(self.store, self.meeting, role, NOW)
        return (await staff.redeem_invitation(self.store, self.meeting, token, NOW)).sign_in

    async def ask(self, asker: SignIn, text: str = "When do we get new chairs?") -> Question:
        """A question that has its number and waits."""
        q = await self.submit(asker, text)
        await self.number()
        return await self.look(q)

    async def submit(self, asker: SignIn, text: str = "When do we get new chairs?") -> str:
        """The id of a question that was taken, and has no number yet."""
        q = fresh_q()
        await submit.submit(
            self.store,
            self.meeting,
            asker,
            q=q,
            text=text,
            lang="en",
            name=None,
            via="web",
            secret=SECRET,
            now=NOW,
        )
        return q

    async def number(self) -> None:
        """Give numbers to all that the intake holds, as the sequencer does (and may do meanwhile)."""
        m = self.meeting.id
        while True:
            at = await sequencing.cursor(self.store, m)
            entries = await typed.entries(self.store, keys.intake(m), at, 10_000)
            questions = [e["id"][2:] for _, e in entries if e["id"].startswith("r:")]
            if not entries:
                return
            await sequencing.number(self.store, m, at, entries[-1][0], questions)

    async def followed(self) -> None:
        """Return once a sequencer that works beside the test keeps this meeting's log. One that finds
        numbers already takes the meeting for one from before there were logs."""
        async with asyncio.timeout(60):
            while not await self.store.exists(keys.log(self.meeting.id)):
                await asyncio.sleep(0.005)

    async def published(self) -> None:
        """Return once the record shows all that was decided so far: a sequencer works beside the test,
        and the meeting is live. Each entry of the intake is a leaf; where the cursor stands tells
        nothing, as `number` moves it, too."""
        m = self.meeting.id
        added = (await self.store.xinfo_stream(keys.intake(m)))["entries-added"]
        async with asyncio.timeout(60):
            while True:
                size, served = await typed.hmget(self.store, keys.log(m), ["size", "served"])
                if size == served and int(size or 0) >= added:
                    return
                await asyncio.sleep(0.005)

    async def look(self, q: str) -> Question:
        """The question as the store holds it now."""
        found = await question_rows.read_one(self.store, self.meeting.id, q)
        assert found is not None
        return found

    async def listed(self, asker: SignIn | None = None, text: str = "Why no chairs?") -> Question:
        """A question that a moderator listed."""
        question = await self.ask(asker or await self.attendee(), text)
        moderator = await self.moderator()
        return await decide.list_question(
            self.store, self.meeting, moderator, question.q, question.revision, NOW
        )


def contents(folder: Path) -> bytes:
    """The bytes of all files below; from the beginning where one goes meanwhile, as when a store writes its
    file anew."""
    while True:
        found = [path for path in folder.rglob("*") if not (path.is_dir() or path.is_socket())]
        with contextlib.suppress(FileNotFoundError):
            return b"".join([path.read_bytes() for path in found])


async def live_town(store: Redis, **fields: object) -> Town:
    """A meeting that is live, open for questions and votes."""
    settings = {"title": "Autumn town hall", "phase": "live", "submit_limit": 1000, **fields}
    return Town(store, await meetings.create(store, settings, NOW))
