"""Committing decisions: the keys that each touches, and the calls. Policy lives in domain and acts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.domain.question import VOTABLE, State
from server.store import keys, ticks, typed
from server.store.call import call


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one question, on the revision that was read.

    `sign_in` is the digest of the decider's token, '' for a rule: a sign-in that has ended by the
    time of the commit decides nothing. `openings` are texts that the intent commits to.
    """

    meeting: str
    q: str
    revision: int
    state: State
    intent: str
    at: int
    sign_in: str = ""
    closing: bool = False
    rebuilds: bool = False
    leaves_line: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    openings: Mapping[str, str] = field(default_factory=dict)

    def keys(self) -> list[str]:
        """The keys of every decision, in the order that functions/decisions.lua states."""
        m = self.meeting
        return [
            keys.question(m, self.q),
            keys.voters(m, self.q),
            keys.history(m, self.q),
            keys.sign_in(m, self.sign_in) if self.sign_in else keys.meeting(m),
            keys.meeting(m),
            keys.intake(m),
            keys.desk_log(m),
            keys.events(m),
            keys.openings(m),
            keys.ranked(m),
            keys.waiting(m),
            keys.by_askers(m),
            keys.screened(m),
            keys.answered(m),
            keys.on_air(m),
            keys.appeals(m),
            keys.line(m),
            keys.line_revision(m),
            keys.record(m),
            keys.delays(m),
        ]

    def argument(self) -> str:
        """The decision as the functions read it: strings only, Lua's numbers are doubles."""
        return json.dumps(
            {
                "q": self.q,
                "revision": str(self.revision),
                "state": self.state.value,
                "votable": str(int(self.state in VOTABLE)),
                "intent": self.intent,
                "at": str(self.at),
                "closing": str(int(self.closing)),
                "rebuilds": str(int(self.rebuilds)),
                "leaves_line": str(int(self.leaves_line)),
                "fields": dict(self.fields),
                "openings": dict(self.openings),
            }
        )


async def commit(redis: Redis, decision: Decision) -> str:
    """'committed' | 'contended' | 'unknown' | 'signed_out' | 'ended' | 'rebuilding'; all or nothing has
    changed."""
    answer = await call(redis, "commit_decision", decision.keys(), [decision.argument()])
    return str(answer[0])


async def commit_all(redis: Redis, drafted: Sequence[Decision]) -> int:
    """Commit decisions about several questions in one call, each by itself; returns how many were not
    hindered."""
    if not drafted:
        return 0
    used = [key for decision in drafted for key in decision.keys()]
    told = [decision.argument() for decision in drafted]
    return int(await call(redis, "commit_decisions", used, told))


async def pick(redis: Redis, decision: Decision, tick: str) -> str:
    """The same for going on air, with the tick that the pick cites; 'occupied' while another is."""
    m = decision.meeting
    used = [*decision.keys(), *ticks.tallies(m)]
    answer = await call(redis, "pick_question", used, [decision.argument(), tick])
    return str(answer[0])


@dataclass(frozen=True, slots=True)
class Group:
    """A head on the revision that was read, with its present members."""

    q: str
    revision: int
    members: Sequence[str]


async def merge(redis: Redis, decision: Decision, head: Group) -> str:
    """Unite the decision's question with `head`; also 'head_contended' when the head changed since."""
    return await _regroup(redis, "merge_question", decision, head)


async def split(redis: Redis, decision: Decision, head: Group) -> str:
    """Take the decision's question out of `head` again; answers as `merge`."""
    return await _regroup(redis, "split_question", decision, head)


async def _regroup(redis: Redis, function: str, decision: Decision, head: Group) -> str:
    arguments: list[str | int] = [decision.argument(), head.q, head.revision, *head.members]
    return str((await call(redis, function, group_keys(decision, head), arguments))[0])


def group_keys(decision: Decision, head: Group) -> list[str]:
    """The keys of a decision that changes a group, in the order that functions/groups.lua states."""
    m = decision.meeting
    return [
        *decision.keys(),
        keys.question(m, head.q),
        keys.voters(m, head.q),
        keys.alone(m, head.q),
        keys.took_back(m, head.q),
        keys.barred(m, head.q),
        keys.scratch(m, 1),
        keys.scratch(m, 2),
        keys.members(m, head.q),
        keys.history(m, head.q),
        keys.lineage(m),
        *(keys.voters(m, member) for member in head.members),
    ]


async def members(redis: Redis, meeting: str, q: str) -> list[str]:
    """Ids of the questions merged into `q`."""
    return sorted(await typed.hgetall(redis, keys.members(meeting, q)))


async def arrange_line(
    redis: Redis,
    meeting: str,
    order: Sequence[str],
    revision: int,
    sign_in: str,
    entry: str,
    now: int,
) -> tuple[str, int]:
    """Replace the line; ('committed', revision) | ('contended', revision) | ('signed_out', 0)
    | ('not_listed', 1-based place of the first that is not listed)."""
    used = [
        keys.line(meeting),
        keys.line_revision(meeting),
        keys.events(meeting),
        keys.desk_log(meeting),
        keys.sign_in(meeting, sign_in),
        *(keys.question(meeting, q) for q in order),
    ]
    answer = await call(redis, "arrange_line", used, [revision, entry, now, *order])
    return str(answer[0]), int(answer[1])
