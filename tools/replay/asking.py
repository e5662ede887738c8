"""Items: each submitted by its submitter and at once listed or screened out by the moderator."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from dataclasses import dataclass, field

from tools.replay.door import GIVE_UP_S, Door, ReplayFailed, Turned, rows
from tools.replay.http import Body
from tools.replay.recording import Item
from tools.replay.stage import Stage

LOOK_S = 0.1
REPEAT_S = 2.0
AT_ONCE = 8  # decisions under way: one after another they take longer than anybody waits
REASON = "off-topic"
RECEIVED = "received"


def new_id() -> str:
    """A question's client-made id: 16 random bytes in base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


@dataclass(slots=True)
class Pending:
    """A submission on its way; `number` is set once it is decided."""

    item: Item
    body: Body
    number: asyncio.Future[int]


@dataclass(slots=True)
class Asking:
    """Submits and decides. `refused` holds the ids of items whose text the server refused."""

    door: Door
    stage: Stage
    refused: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    _pending: dict[str, Pending] = field(default_factory=dict)
    _decided_at: float = 0.0

    async def _post(self, pending: Pending) -> Body:
        token = self.stage.attendees[pending.item.submitter].token
        where = self.stage.path("questions")
        return await self.door.call("POST", where, token=token, body=pending.body)

    async def ask(self, item: Item) -> int | None:
        """Submit `item` and wait until it is decided: its public number, or None when refused.

        Where the answer or the decision stays away it is submitted again under the same id.
        """
        body: Body = {"q": new_id(), "text": item.text, "lang": item.lang, "name": None}
        pending = Pending(item, body, asyncio.get_running_loop().create_future())
        self._decided_at = max(self._decided_at, time.monotonic())
        try:
            await self._post(pending)
        except Turned as turned:
            self.refused[item.id] = turned.code
            return None
        self._pending[str(body["q"])] = pending
        answer: Body = {}
        while time.monotonic() - self._decided_at < GIVE_UP_S:
            done, _ = await asyncio.wait([pending.number], timeout=REPEAT_S)
            if done:
                return pending.number.result()
            answer = await self._post(pending)
            if answer.get("state") != RECEIVED and answer.get("number") is not None:
                self._settle(str(body["q"]), answer["number"])  # decided, but the answer got lost
        known = f"state {answer.get('state')}, number {answer.get('number')}"
        raise ReplayFailed(f"Item {item.id}: no decision on any in {GIVE_UP_S:.0f} s ({known}).")

    def _settle(self, q: str, number: object) -> None:
        pending = self._pending.pop(q, None)
        if pending is None:
            return
        if not isinstance(number, int):
            raise ReplayFailed(f"The server gave {number!r} as a number.")
        self.numbers[pending.item.id] = number
        self._decided_at = time.monotonic()
        if not pending.number.done():
            pending.number.set_result(number)

    async def _decide(self, row: Body) -> None:
        q = str(row["q"])
        pending = self._pending.get(q)
        if pending is None or row.get("number") is None:
            return
        body: Body = {"revision": row["revision"]}
        verb = "list"
        if not pending.item.listed:
            verb = "screen"
            body = {**body, "reason": REASON, "note": ""}
        where = self.stage.path(f"questions/{q}/{verb}")
        try:
            await self.door.call("POST", where, token=self.stage.moderator, body=body)
        except Turned:
            return  # decided already and the answer got lost: the repeated submission will tell
        self._settle(q, row["number"])

    async def moderate(self) -> None:
        """Decide whatever waits, until cancelled."""
        while True:
            if self._pending:
                where = self.stage.path("waiting")
                found = rows(await self.door.call("GET", where, token=self.stage.moderator))
                for at in range(0, len(found), AT_ONCE):
                    await asyncio.gather(*map(self._decide, found[at : at + AT_ONCE]))
            await asyncio.sleep(LOOK_S)
