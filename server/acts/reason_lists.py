"""The reasons as they stood when something was decided: a decision keeps the sentence that it was made
with, also after the list was edited or the reason removed."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from server.domain.meeting import Meeting
from server.store import desk_log, keys, typed
from server.store.desk_log import LoggedAct

Sentences = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReasonLists:
    """Sentences by code, each list with the place in the desk's log from which it was in force."""

    since: Sequence[tuple[int, int]]
    lists: Sequence[Sentences]

    def sentence(self, place: str, code: str) -> str:
        """What the code said at this place of the log; empty where it never said anything."""
        at = max(0, bisect_right(self.since, desk_log.order(place)) - 1)
        return self.lists[at].get(code) or self.last().get(code, "")

    def last(self) -> Sentences:
        """The last sentence of every code that was ever on the list."""
        return {code: said for found in self.lists for code, said in found.items()}


async def reason_lists(store: Redis, meeting: Meeting, changes: Sequence[LoggedAct]) -> ReasonLists:
    """The meeting's lists of reasons, oldest first, from its logged changes of rules."""
    told = [change for change in changes if change.kind in ("log.open", "m.rule")]
    if len(told) < 2:
        return ReasonLists([(0, 0)], [{r.code: r.sentence for r in meeting.reasons}])
    news = [str(change.intent["new"]) for change in told if "new" in change.intent]
    settings = await _documents(store, meeting.id, news)
    since, hashes = list[tuple[int, int]](), list[str]()
    for change in told:
        found = _hash_in(change, settings)
        if found and found not in hashes[-1:]:
            since.append(desk_log.order(change.id))
            hashes.append(found)
    lists = await _documents(store, meeting.id, hashes)
    return ReasonLists(
        since, [{r["code"]: r["sentence"] for r in lists[one]["reasons"]} for one in hashes]
    )


def _hash_in(change: LoggedAct, settings: Mapping[str, Any]) -> str | None:
    """The hash of the reasons from this change on; None where it does not say."""
    if change.kind == "log.open":
        return str(change.intent["reasons"])
    what, new = change.intent["what"], str(change.intent["new"])
    if what == "reasons":
        return new
    return None if what == "policy" else str(settings[new]["reasons"])


async def _documents(store: Redis, meeting: str, hashes: Sequence[str]) -> dict[str, Any]:
    rows = await typed.hmget(store, keys.rules(meeting), list(hashes)) if hashes else []
    found = zip(hashes, rows, strict=True)
    return {one: json.loads(row) for one, row in found if row and row.startswith("{")}
