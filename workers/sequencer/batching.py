"""From intents to a change of one log: what becomes a leaf, what is kept aside. No I/O of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.translog import leaf, timing
from server.translog.leaf import LeafError
from server.translog.schema import RESERVED
from server.translog.strict import Json
from workers.sequencer.leaves import Aside, Row, State

Entry = tuple[str, dict[str, str]]
# A batch ends behind these: a checkpoint of exactly that size is kept for good.
CUTS = frozenset({"log.open", "m.phase", "v.tick", "log.close"})


class _NextBatch(Exception):
    """This entry must be the first of its batch, or wait: it tells what the log holds before it."""


@dataclass(slots=True)
class Batch:
    """What a run of entries comes to. `taken` entries were looked at; the rest follow in the next."""

    state: State
    rows: list[Row] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    attached: list[tuple[str, bytes]] = field(default_factory=list)
    taken: int = 0
    keeps: bool = False
    _places: dict[str, int] = field(default_factory=dict)


def tick_file(n: int, told: str) -> bytes:
    """ticks/n.json of what the store froze; LeafError for what is no tally."""
    try:
        found = json.loads(told)
        ranking: list[Json] = [[str(q), int(votes)] for q, votes in found["ranking"] or []]
        eligible, active = int(found["eligible"]), int(found["active"])
    except (ValueError, TypeError, KeyError) as error:
        raise LeafError(f"tick {n} is not a tally") from error
    tally: dict[str, Json] = {"v": 1, "n": n, "eligible": eligible, "active": active}
    return leaf.canonical({**tally, "ranking": ranking})


@dataclass(frozen=True, slots=True)
class Known:
    """What a log knows beyond its entries: frozen tallies, a question's last leaf, and what its closing
    entry says of all that stands before it."""

    ticks: Mapping[int, str]
    last_leaf: Callable[[str], int | None]
    closing: Callable[[], dict[str, Json] | None]


def _supplied(batch: Batch, intent: Mapping[str, Json], known: Known) -> dict[str, Json]:
    match intent.get("t"):
        case "log.open":
            return {"origin": batch.state.origin}
        case "v.tick":
            n = intent.get("n")
            if not isinstance(n, int) or n not in known.ticks:
                raise LeafError("v.tick: its tallies are gone")
            data = tick_file(n, known.ticks[n])
            batch.attached.append((f"ticks/{n}.json", data))
            return {"sha256": leaf.sha256_hex(data)}
        case "log.close":
            told = None if batch.rows else known.closing()
            if told is None:
                raise _NextBatch
            return told
    return {}


def _judge(batch: Batch, kind: str, ref: int | None, q: Json) -> None:
    state = batch.state
    if kind in RESERVED:
        raise LeafError(f"{kind} is reserved: this version commits none")
    if (kind == "log.open") is not (state.size == 0):
        raise LeafError("log.open is the first leaf of a log, and no other")
    if state.closed and kind != "q.erase":
        raise LeafError("the log is closed: only erasures may follow")
    if kind == "q.received" and ref is not None:
        raise LeafError(f"question {q} was received before")
    if kind.startswith("q.") and kind != "q.received" and ref is None:
        raise LeafError(f"the log knows no question {q}")


def _append(batch: Batch, name: str, body: str, known: Known, now_s: int) -> str:
    intent = leaf.read_intent(body)
    kind, q = str(intent.get("t")), intent.get("q")
    ref = None
    if isinstance(q, str):
        ref = batch._places.get(q, known.last_leaf(q))
    _judge(batch, kind, ref, q)
    intent = {**intent, **_supplied(batch, intent, known)}
    at, clockwork = timing.appended(batch.state.clockwork, kind, intent, now_s)
    data = leaf.finish(intent, at, ref if kind != "q.received" else None)
    state, index = batch.state, batch.state.size
    number = state.received + 1 if kind == "q.received" else None
    batch.rows.append(Row(index, name, q if isinstance(q, str) else None, number, data))
    if isinstance(q, str):
        batch._places[q] = index
    batch.state = replace(
        state,
        clockwork=clockwork,
        received=number or state.received,
        closed=state.closed or kind == "log.close",
    )
    return kind


def assemble(
    state: State,
    entries: Sequence[Entry],
    taken: set[str],
    known: Known,
    now_s: int,
) -> Batch:
    """The leaves of the next entries, in their order. Entries known already, or doubled, are passed
    over; one that can become no leaf is kept aside with the reason, and never stops the others."""
    batch, seen = Batch(state), set(taken)
    for position, entry in entries:
        before = batch.state
        batch.taken += 1
        batch.state = replace(batch.state, cursor=max(batch.state.cursor, position, key=order))
        name, body = entry.get("id") or position, entry.get("intent", "")
        if name in seen:
            continue
        seen.add(name)
        attached = len(batch.attached)
        try:
            kind = _append(batch, name, body, known, now_s)
        except _NextBatch:
            batch.taken, batch.state = batch.taken - 1, before
            break
        except LeafError as error:
            del batch.attached[attached:]
            batch.aside.append(Aside(name, body, str(error)))
            continue
        if kind in CUTS or batch.state.clockwork.window_ended:
            batch.keeps = True
            break
    return batch


def order(position: str) -> tuple[int, int]:
    """A stream id as what it counts; the empty one before all others."""
    ms, _, sequence = position.partition("-")
    return int(ms or 0), int(sequence or 0)


def follows(intent: str, unlogged: Sequence[str]) -> bool:
    """True for an act, such as its end, on a question that was kept aside: the same loss, counted once."""
    kind, _, rest = intent.partition(":")
    return kind == "d" and rest.rpartition(":")[0] in unlogged
