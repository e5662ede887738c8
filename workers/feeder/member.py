"""One witness as its log sees it: where it stands for each log, when to leave it in peace, what it said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from server.translog import witness
from server.translog.checkpoint import Checkpoint
from server.translog.note import NoteError, VerifierKey
from server.translog.witness import Submission
from workers.feeder.exchange import Answer, Away

TRIES = 3
REST_S = (1.0, 2.0, 5.0, 15.0, 60.0)
LONG_REST_S = 300.0
Post = Callable[[str, bytes], Awaitable[Answer]]


class Trouble(StrEnum):
    """Why a witness did not cosign."""

    AWAY = "away"  # no answer, or one that says come later
    WRONG = "wrong"  # an answer that is no cosignature of its key
    UNKNOWN = "unknown"  # it does not watch this log, or not under this key
    AHEAD = "ahead"  # it cosigned more entries than this log publishes
    FORK = "fork"  # it cosigned another history


ALARMS = frozenset({Trouble.AHEAD, Trouble.FORK})


class Untold(Exception):
    """The witness did not cosign."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(slots=True)
class Member:
    """A witness of the policy. `troubles` are by origin, gone with the next cosignature."""

    name: str
    key: VerifierKey
    url: str
    troubles: dict[str, Trouble] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)
    _rests: dict[str, float] = field(default_factory=dict)

    def rests(self, origin: str, now: float) -> bool:
        """True while it is not asked about this log. A fork is final: asked again, a witness could
        only say the same; a restart asks once more."""
        if self.troubles.get(origin) is Trouble.FORK:
            return True
        return max(self._rests.get(origin, 0.0), self._rests.get("", 0.0)) > now

    async def cosign(
        self, note: str, head: Checkpoint, prove: Callable[[int], list[bytes]], post: Post
    ) -> tuple[str, int]:
        """Its line over `head` and the time in it; Untold otherwise. `prove` gives the hashes that
        prove an older size to be a prefix of `head`."""
        for _ in range(TRIES):
            old = min(self._sizes.get(head.origin, 0), head.size)
            body = Submission(old, tuple(prove(old)), note).text().encode()
            try:
                answer = await post(f"{self.url}/add-checkpoint", body)
            except Away as error:
                raise Untold(Trouble.AWAY) from error
            if answer.status == 200:
                return self._taken(answer.body, head)
            self._sizes[head.origin] = self._other(answer, old, head.size)
        raise Untold(Trouble.WRONG)  # a witness that names another size each time

    def _taken(self, body: bytes, head: Checkpoint) -> tuple[str, int]:
        try:
            line, time = witness.cosignature(body, head.text(), self.key)
        except NoteError as error:
            raise Untold(Trouble.WRONG) from error
        self._sizes[head.origin] = head.size
        return line, time

    def _other(self, answer: Answer, old: int, size: int) -> int:
        """The size to go on from; Untold where the answer is final, or worth another time only."""
        if answer.status == 409:
            told = witness.stale_size(answer.body)
            if old == size and told in (old, None):
                raise Untold(Trouble.FORK)  # our size, another root
            if told is None or told == old:
                raise Untold(Trouble.WRONG)
            if told > size:
                raise Untold(Trouble.AHEAD)
            return told
        if answer.status == 422:
            raise Untold(Trouble.FORK)
        if answer.status in (403, 404):
            raise Untold(Trouble.UNKNOWN)
        raise Untold(
            Trouble.AWAY if answer.status >= 500 or answer.status == 429 else Trouble.WRONG
        )

    def went_well(self, origin: str) -> None:
        """It cosigned: whatever was wrong is over."""
        for name in (origin, ""):
            self._failures.pop(name, None)
            self._rests.pop(name, None)
        self.troubles.pop(origin, None)

    def went_wrong(self, origin: str, trouble: Trouble, now: float) -> bool:
        """Leave it in peace for a while, longer each time. True where this trouble is a new one."""
        name = "" if trouble is Trouble.AWAY else origin
        count = self._failures.get(name, 0)
        self._failures[name] = count + 1
        rest = REST_S[min(count, len(REST_S) - 1)]
        self._rests[name] = now + (LONG_REST_S if trouble is Trouble.UNKNOWN else rest)
        before, self.troubles[origin] = self.troubles.get(origin), trouble
        return before is not trouble
