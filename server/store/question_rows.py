"""One question as the store holds it, and how a HASH becomes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from server.domain.appeal import Appeal
from server.domain.erasing import Gone
from server.domain.question import State
from server.store import keys, typed


@dataclass(frozen=True, slots=True)
class Question:
    """A submission with its state. `asker` (a voter number) never leaves the server. `text` is empty where
    it is `gone`."""

    q: str
    meeting: str
    number: int | None
    text: str
    lang: str
    dir: str
    name: str | None
    asker: int
    state: State
    revision: int
    votes: int
    received_at: int
    decided_at: int | None
    reason: str | None
    note: str
    target: int | None
    withheld: bool
    by: str
    wording: str = ""
    hint: str = ""
    appeal: Appeal = Appeal.NONE
    appeal_note: str = ""
    head: str | None = None
    head_number: int | None = None
    members: int = 0
    askers: int = 1
    was: State | None = None
    after: int | None = None
    rank: int | None = None
    tick: int | None = None
    how: str = ""
    stream_s: int | None = None
    link: str = ""
    sentence: str = ""
    answer: str = ""
    lock_w: str = ""
    lock_a: str = ""
    erased: str = ""
    lost: bool = False

    @property
    def shown(self) -> str:
        """What the board and the stage show: the moderators' wording where there is one."""
        return self.wording or self.text

    @property
    def gone(self) -> Gone | None:
        """Why there is no text any more, where there is none."""
        return Gone.ERASED if self.erased else Gone.LOST if self.lost else None


def _whole(value: str | None) -> int | None:
    return int(value) if value else None


def parse(meeting: str, row: Mapping[str, str]) -> Question | None:
    """The question in a HASH; None for an empty one."""
    if not row:
        return None
    return Question(
        q=row["q"],
        meeting=meeting,
        number=_whole(row.get("number")),
        text=row.get("text", ""),
        lang=row.get("lang", ""),
        dir=row.get("dir", "auto"),
        name=row.get("name") or None,
        asker=int(row["asker"]),
        state=State(row["state"]),
        revision=int(row["revision"]),
        votes=int(row["votes"]),
        received_at=int(row["received_at"]),
        decided_at=_whole(row.get("decided_at")),
        reason=row.get("reason") or None,
        note=row.get("note", ""),
        target=_whole(row.get("target")),
        withheld=row.get("withheld") == "1",
        by=row.get("by", ""),
        wording=row.get("wording", ""),
        hint=row.get("hint", ""),
        appeal=Appeal(row.get("appeal", "")),
        appeal_note=row.get("appeal_note", ""),
        head=row.get("head") or None,
        head_number=_whole(row.get("head_number")),
        members=int(row.get("members", "0")),
        askers=int(row.get("askers", "1")),
        was=State(row["was"]) if row.get("was") else None,
        after=_whole(row.get("after")),
        rank=_whole(row.get("rank")),
        tick=_whole(row.get("tick")),
        how=row.get("how", ""),
        stream_s=_whole(row.get("stream_s")),
        link=row.get("link", ""),
        sentence=row.get("sentence", ""),
        answer=row.get("answer", ""),
        lock_w=row.get("lock_w", ""),
        lock_a=row.get("lock_a", ""),
        erased=row.get("erased", ""),
        lost=row.get("lost") == "1" and not row.get("erased"),
    )


async def read(redis: Redis, meeting: str, ids: Iterable[str]) -> list[Question]:
    """The questions with these ids that exist, in the given order, in one round trip.

    `votes` of a listed question is its live tally; of any other the tally when it left the list.
    """
    wanted = list(ids)
    if not wanted:
        return []
    pipe = redis.pipeline(transaction=False)
    for q in wanted:
        pipe.hgetall(keys.question(meeting, q))
        pipe.bitcount(keys.voters(meeting, q))
    answers = await pipe.execute()
    found = []
    for at in range(0, len(answers), 2):
        row, votes = answers[at], int(answers[at + 1])
        votes = max(votes, int(row.get("tally", 0)))  # as frozen, where its voters were lost
        question = parse(meeting, {**row, "votes": str(votes)} if row else {})
        if question is not None:
            found.append(question)
    return found


async def read_one(redis: Redis, meeting: str, q: str) -> Question | None:
    """The question with this id, or None."""
    found = await read(redis, meeting, [q])
    return found[0] if found else None


async def by_number(redis: Redis, meeting: str, number: int) -> Question | None:
    """The question with this public number, or None."""
    q = await typed.hget(redis, keys.numbers(meeting), str(number))
    return await read_one(redis, meeting, q) if q else None


async def numbers_of(redis: Redis, meeting: str, ids: list[str]) -> dict[str, int]:
    """The public numbers of the questions with these ids, where they have one; one round trip."""
    pipe = redis.pipeline(transaction=False)
    for q in ids:
        pipe.hget(keys.question(meeting, q), "number")
    found = await pipe.execute() if ids else []
    return {q: int(number) for q, number in zip(ids, found, strict=True) if number}
