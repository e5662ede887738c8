"""What a server process counts about itself (docs/metrics.md). No label names a person, a meeting, a
question or an address: the only labels are our own closed words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from server.domain.refusals import Refusal

LAG_EVERY_S = 0.5
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)

SOCKETS = Gauge("openfloor_sockets", "Live sockets and streams of events open in this process.")
BOARDS = Gauge("openfloor_boards", "Meetings whose board this process follows.")
STORE_AWAY = Gauge("openfloor_store_away", "1 while the event streams cannot be read.")
LOOP_LAG = Histogram(
    "openfloor_loop_lag_seconds", "How late a timer of this process fires.", buckets=QUICK
)
TICK = Histogram(
    "openfloor_tick_seconds", "Reading the streams and telling one tick.", buckets=QUICK
)
BATCH_VOTES = Histogram(
    "openfloor_batch_votes",
    "Votes counted by one function call.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
)
BATCH = Histogram(
    "openfloor_batch_seconds", "One round trip that counts all waiting votes.", buckets=QUICK
)
ACK = Histogram(
    "openfloor_ack_seconds",
    "From the first vote of a round trip to its durable answer.",
    buckets=QUICK,
)
VOTES = Counter("openfloor_votes", "Votes that count, taken back ones included.", ["door"])
QUESTIONS = Counter("openfloor_questions", "Submissions taken.", ["door"])
REFUSALS = Counter("openfloor_refusals", "Refusals told, by code.", ["door", "code"])
LOG_WAITING = Gauge(
    "openfloor_log_waiting_seconds",
    "Age of the oldest act that is in no log yet; 0 when none waits.",
)
LOG_HALTED = Gauge("openfloor_log_halted", "Logs that are not signed on; the sequencer says why.")
LOG_ASIDE = Gauge("openfloor_log_aside", "Intents that could become no leaf and are kept aside.")
LOG_WORDS_LEFT = Gauge(
    "openfloor_log_words_left",
    "Logs in whose folder words lie that should be gone, and cannot be removed.",
)
MEETINGS_ODD = Gauge(
    "openfloor_meetings_odd",
    "Places in the list and the records of meetings that cannot be read, and are passed over.",
)
FAULTS = Counter("openfloor_faults", "Answers 500: something broke on our side.")


@dataclass(frozen=True, slots=True)
class Counts:
    """What came through one door; `via` is what the log calls it."""

    via: str
    votes: Counter
    questions: Counter
    refusals: Mapping[Refusal, Counter]


def _counts(door: str, via: str) -> Counts:
    refusals = {code: REFUSALS.labels(door, code.value) for code in Refusal}
    return Counts(via, VOTES.labels(door), QUESTIONS.labels(door), refusals)


SOCKET, HTTP = _counts("socket", "socket"), _counts("http", "api")


async def watch_loop() -> None:
    """Measure how late the loop wakes us, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        LOOP_LAG.observe(max(0.0, loop.time() - due))
