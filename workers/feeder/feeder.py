"""Feeds what is published to the witnesses, each log in rounds of its own. Has no key, asks no store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from server.audit.findings import Unreadable
from server.translog.checkpoint import LOG_ID
from server.translog.note import NoteError
from server.translog.policy import Policy
from server.translog.tree import ProofError
from workers.feeder import exchange, watched
from workers.feeder.member import ALARMS, Member, Post, Trouble, Untold
from workers.feeder.watched import Watched
from workers.sequencer.files import Files

PERIOD_S = 0.25
AT_ONCE = 8
SLACK_S = 600
log = structlog.get_logger()


class Feeder:
    """All logs of the deployment. `rule_of` gives a log's policy, None where it is fed to nobody."""

    def __init__(
        self,
        files: Files,
        rule_of: Callable[[str], Policy | None],
        clock: Callable[[], float] = time.time,
        post: Post = exchange.post,
    ) -> None:
        self._files, self._rule_of, self._clock, self._post = files, rule_of, clock, post
        self._logs: dict[str, Watched] = {}
        self._members: dict[str, Member] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self, ended: asyncio.Event) -> None:
        """Feed until `ended`; what is under way then is given up, and asked for again at the start."""
        async with asyncio.TaskGroup() as tasks:
            while not ended.is_set():
                for found in self._due():
                    self._running[found.id] = tasks.create_task(self._round(found))
                try:
                    async with asyncio.timeout(PERIOD_S):
                        await ended.wait()
                except TimeoutError:
                    continue
            for task in self._running.values():
                task.cancel()

    async def once(self) -> None:
        """One round of every log that has something to ask for."""
        await asyncio.gather(*(self._round(found) for found in self._due()))

    def _due(self) -> list[Watched]:
        now, found = self._clock(), []
        for path in sorted(self._files.folder.iterdir()) if self._files.folder.is_dir() else []:
            if not LOG_ID.fullmatch(path.name) or path.name in self._running:
                continue
            try:
                one = self._logs.get(path.name) or self._opened(path.name)
                if one is not None and one.look(now):
                    found.append(one)
            except (OSError, ValueError):
                continue  # it is only just being made, or damaged; the next look may find it whole
        return found

    def _opened(self, name: str) -> Watched | None:
        rule = self._rule_of(name)
        if rule is None or not rule.urls:
            return None
        self._logs[name] = watched.opened(name, self._files, rule)
        return self._logs[name]

    def _members_of(self, rule: Policy) -> list[Member]:
        found: list[Member] = []
        for name, url in rule.urls.items():
            key = rule.witnesses[name]
            found.append(self._members.setdefault(f"{name} {key.text()}", Member(name, key, url)))
        return found

    async def _round(self, found: Watched) -> None:
        """Ask everybody who is missing, at once: nobody waits for the slow but the next round, and
        that no longer than a question may take."""
        try:
            members = self._members_of(found.policy)
            async with self._places:
                asked = found.missing(members, self._clock())
                await asyncio.gather(*(self._ask(found, member) for member in asked))
            found.asked = self._clock()
            found.tell(members)
        except (OSError, Unreadable, ProofError, NoteError, ValueError) as error:
            # A file is missing or damaged: fsck and the sequencer say which. The next round looks anew.
            found.asked = self._clock() + 5
            log.error("log_not_fed", error=type(error).__name__)
        finally:
            self._running.pop(found.id, None)

    async def _ask(self, found: Watched, member: Member) -> None:
        origin = found.key.name
        try:
            line = await member.cosign(found.note, found.head(), found.proof, self._post)
            if abs(line[1] - self._clock()) > SLACK_S:
                raise Untold(Trouble.WRONG)  # its time is worth nothing
        except Untold as untold:
            new = member.went_wrong(origin, untold.trouble, self._clock())
            if new and untold.trouble in ALARMS:
                log.error("witness_alarm", error=untold.trouble.value)
            elif new and untold.trouble is not Trouble.AWAY:
                log.warning("witness_trouble", error=untold.trouble.value)
            return
        member.went_well(origin)
        found.add(member.name, line, self._clock())
