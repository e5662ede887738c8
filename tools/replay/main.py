"""Play a recorded event through a server's real doors and hold its totals against the files."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tools.replay import child, recording
from tools.replay.door import Door, ReplayFailed, Turned
from tools.replay.http import JsonClient
from tools.replay.play import Play, Played
from tools.replay.progress import Progress
from tools.replay.recording import BadRecording, Recording
from tools.replay.stage import LIMITS, set_up, sign_in


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="openfloor replay", description=__doc__)
    parser.add_argument("items", type=Path, help="the items, one JSON object a line")
    parser.add_argument("votes", type=Path, help="the votes, CSV: ts_ms,item_id,voter,vote")
    parser.add_argument("--url", help="an organiser link of a running server (default: start one)")
    parser.add_argument(
        "--speed", type=float, help="divide recorded gaps by this (default: no gaps)"
    )
    parser.add_argument("--json", type=Path, help="write the result to this file")
    found = parser.parse_args(argv)
    if found.speed is not None and not 0 < found.speed < float("inf"):
        parser.error("--speed must be a number above 0")
    return found


def _split(link: str) -> tuple[str, str]:
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.fragment:
        raise ReplayFailed(
            "--url takes an organiser link: http(s)://HOST/organise/link#TOKEN. "
            "`./openfloor organiser-link` prints a fresh one."
        )
    return f"{parts.scheme}://{parts.netloc}", parts.fragment


def _percentile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def _result(event: Recording, played: Played) -> dict[str, object]:
    return {
        "questions": len(event.items),
        "votes_sent": played.sent,
        "acknowledged": len(played.ack_ms),
        "refused": played.refusals.total(),
        "seconds": round(played.seconds, 2),
        "ack_ms": {
            "p50": _percentile(played.ack_ms, 0.50),
            "p99": _percentile(played.ack_ms, 0.99),
        },
        "totals": played.totals,
        "mismatches": len(played.wrong),
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _report(play: Play, door: Door) -> None:
    played = play.played
    for name, count in sorted(played.refusals.items()):
        _say(f"refused as {name}: {count} votes")
    if play.refused_texts:
        _say(f"texts refused: {len(play.refused_texts)}")
    for name, count in sorted(door.waits.items()):
        _say(f"waited out over HTTP, {name}: {count}")
    again = sum(max(0, attendee.reconnects) for attendee in play.stage.attendees.values())
    _say(f"reconnects: {again}; answers 5xx without a typed wait: {door.faults}")
    for item, (ours, theirs) in sorted(played.wrong.items())[:20]:
        _say(f"MISMATCH item {item}: {ours} expected, {theirs} on the board")


async def replay(event: Recording, link: str, speed: float | None) -> dict[str, object]:
    """Play `event` on the server of `link`; the result as it is written to the file."""
    origin, token = _split(link)
    door = Door(JsonClient(origin))
    try:
        organiser = await sign_in(door, token)
        limits = ", ".join(f"{name} {value}" for name, value in LIMITS.items())
        _say(f"limits of this meeting: {limits}")
        people = Progress("joining", len(event.people()))
        stage = await set_up(door, organiser, event, people.step)
        rows = Progress("playing", len(event.items) + event.votes())
        play = Play(door, stage, event, speed, rows.step)
        played = await play.run()
        _report(play, door)
        return _result(event, played)
    finally:
        door.http.close()


async def _run(event: Recording, url: str | None, speed: float | None) -> dict[str, object]:
    if url is not None:
        return await replay(event, url, speed)
    async with child.server() as link:
        return await replay(event, link, speed)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every total agrees, 1 when one does not or the replay could not be finished."""
    chosen = _arguments(argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a socket for each voter
    try:
        event = recording.read(chosen.items, chosen.votes)
        result = asyncio.run(_run(event, chosen.url, chosen.speed))
    except BadRecording as error:
        _say(f"replay: {error}")
        return 1
    except OSError as error:
        _say(
            f"replay: {error.filename}: {error.strerror}." if error.filename else f"replay: {error}"
        )
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        _say("replay: stopped")
        return 130
    except (ReplayFailed, Turned, ExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, ReplayFailed | Turned):
            raise
        _say(f"replay: {first}")
        return 1
    written = json.dumps(result, indent=1)
    if chosen.json is not None:
        chosen.json.write_text(written + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in result.items() if name != "totals"}))
    return 1 if result["mismatches"] else 0
