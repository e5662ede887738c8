"""The API as the replay uses it: waits where waiting helps, repeats only what is safe to repeat."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from tools.replay.http import Answer, Body, JsonClient, NoAnswer

WAITED_OUT = frozenset({"too_fast", "busy", "not_saved"})
NO_ANSWER = "no answer"  # in Door.waits: what was asked may have been done
GIVE_UP_S = 180.0  # a server that is away longer than this is not coming back by itself


class ReplayFailed(Exception):
    """The replay cannot go on; the sentence says why."""


class Turned(Exception):
    """A typed refusal: the rules said no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def jitter_s(attempt: int) -> float:
    """Full jitter: between 0 and min(5, 0.25 * 2^attempt) seconds."""
    return random.uniform(0.02, min(5.0, 0.25 * 2.0 ** min(attempt, 8)))


def error_of(body: Body) -> tuple[str, str, float | None]:
    """Code, sentence and seconds to wait in an error answer."""
    error = body.get("error")
    if not isinstance(error, dict):
        return "", "", None
    wait = error.get("retry_in")
    seconds = float(wait) if isinstance(wait, int | float) else None
    return str(error.get("code", "")), str(error.get("message", "")), seconds


@dataclass(slots=True)
class Door:
    """One server's API. `faults` counts answers 500 and above that were not a typed wait."""

    http: JsonClient
    faults: int = 0
    waits: dict[str, int] = field(default_factory=dict)

    def _pause(self, answer: Answer, attempt: int) -> float | None:
        """Seconds to wait before asking again, or None when the answer is final."""
        if answer.status < 400:
            return None
        code, _, seconds = error_of(answer.body)
        if code not in WAITED_OUT and answer.status < 500 and answer.status != 429:
            return None
        if code not in WAITED_OUT and answer.status != 503:
            self.faults += 1
        self.waits[code or str(answer.status)] = self.waits.get(code or str(answer.status), 0) + 1
        if seconds is None:
            seconds = answer.retry_after_s
        return jitter_s(attempt) if seconds is None else seconds + random.uniform(0.0, 0.2)

    async def call(
        self, method: str, path: str, *, token: str | None = None, body: Body | None = None
    ) -> Body:
        """The JSON of a good answer. Waits out limits and a server that is away.

        Raises Turned for a typed refusal, ReplayFailed after GIVE_UP_S without an answer.
        """
        started, attempt = time.monotonic(), 0
        while True:
            try:
                answer = await self.http.request(method, path, token=token, body=body)
                why = f"status {answer.status} {answer.body.get('error', '')}"
                pause = self._pause(answer, attempt)
                if pause is None:
                    return _good(answer, method, path)
            except NoAnswer as broken:
                why, pause = str(broken), jitter_s(attempt)
                self.waits[NO_ANSWER] = self.waits.get(NO_ANSWER, 0) + 1
            if time.monotonic() - started > GIVE_UP_S:
                raise ReplayFailed(f"No answer to {method} {path} in {GIVE_UP_S:.0f} s: {why}")
            attempt += 1
            await asyncio.sleep(pause)


def _good(answer: Answer, method: str, path: str) -> Body:
    if answer.status < 400:
        return answer.body
    code, message, _ = error_of(answer.body)
    if not code:
        raise ReplayFailed(f"{method} {path} answered {answer.status} without words.")
    raise Turned(code, message)


def text(body: Body, name: str) -> str:
    """A text field of an answer; ReplayFailed when the server sent none."""
    value = body.get(name)
    if not isinstance(value, str):
        raise ReplayFailed(f"The server's answer has no {name}.")
    return value


def rows(body: Body) -> list[Body]:
    """The questions in an answer."""
    found = body.get("questions")
    if not isinstance(found, list):
        raise ReplayFailed("The server's answer has no questions.")
    return [row for row in found if isinstance(row, dict)]
