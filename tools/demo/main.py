"""Play an invented meeting on a server of its own, and print the links for each role."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tools.demo import hall as halls
from tools.demo import script
from tools.demo.hall import Hall
from tools.demo.play import CALM, FAST, Play
from tools.demo.tamper.main import tamper
from tools.replay.child import server
from tools.replay.door import NO_ANSWER, Door, ReplayFailed, Turned
from tools.replay.http import JsonClient

FAST_ROUNDS = 8
CLOSING_S = 120.0
TRIES = 3


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="openfloor demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="keep the meeting in this folder")
    parser.add_argument("--fast", action="store_true", help="play to the end in under two minutes")
    parser.add_argument("--leave", action="store_true", help="stop the server after the end")
    parser.add_argument(
        "--tamper",
        action="store_true",
        help="instead: cheat with full rights over a small record, and show who notices",
    )
    return parser.parse_args(argv)


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, flush=True)


def _links(origin: str, hall: Hall) -> None:
    at = f"{origin}/m/{hall.slug}"
    say(f"Attendees      {at}/join   code {hall.code}")
    for role, token in hall.links.items():
        say(f"{role.capitalize():<14} {at}/invite#{token}   (once)")
    say(f"Stage          {at}/stage")
    say(f"Public record  {at}/screened-out")


async def _reach(hall: Hall, phase: str) -> None:
    """Set the phase, unless a visitor with the organiser's link was there first."""
    for _ in range(TRIES):
        with suppress(Turned):  # the settings changed in this instant, or the phase is reached
            await hall.set(phase=phase)
            return


async def _until_closed(hall: Hall) -> None:
    """Return when the closing has given every question its end."""
    await _reach(hall, "closed")
    async with asyncio.timeout(CLOSING_S):
        while True:
            board = await hall.call(hall.attendees[0], "questions")
            left = [r for r in board["questions"] if r["state"] in ("listed", "on_air")]  # type: ignore[attr-defined]
            if not left:
                return
            await asyncio.sleep(0.5)


async def _play(hall: Hall, fast: bool) -> Play:
    play = Play(hall, script.read(), FAST if fast else CALM)
    voting = asyncio.create_task(play.vote())
    working = [asyncio.create_task(play.ask_all())]
    working += [asyncio.create_task(play.moderate(token)) for token in hall.moderators]
    try:
        while play.decided < play.pace.live_after and not all(task.done() for task in working):
            await asyncio.sleep(0.2)
            for task in working:
                if task.done():
                    task.result()
        await _reach(hall, "live")
        say("The meeting is live.")
        staging = asyncio.create_task(play.stage(FAST_ROUNDS if fast else None))
        await asyncio.gather(*working)
        await play.answer_in_writing()
        await staging
    finally:
        voting.cancel()
        for task in working:
            task.cancel()
    return play


async def demo(options: argparse.Namespace) -> None:
    """Start, print the links, play; with --fast to the end, else until told to stop."""
    with tempfile.TemporaryDirectory(prefix="openfloor-demo-") as folder:
        data = options.data.resolve() if options.data else Path(folder) / "data"
        async with server(data, options.port) as link:
            origin, _, token = link.partition("/organise/link#")
            http = JsonClient(origin)
            hall = await halls.set_up(Door(http), token, script.read())
            _links(urlsplit(origin).geturl(), hall)
            play = await _play(hall, options.fast)
            await _until_closed(hall)
            if again := sum(hall.door.waits.get(why, 0) for why in (NO_ANSWER, "not_saved")):
                play.told["asked again"] = again
            say(", ".join(f"{count} {kind}" for kind, count in sorted(play.told.items())))
            say("The meeting is closed; its pages stay.")
            if not options.leave:
                say("Stop with Ctrl-C.")
                await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done or stopped, 1 with a sentence on standard error; 2 where --tamper went unseen."""
    options = _arguments(argv)
    try:
        with suppress(KeyboardInterrupt, asyncio.CancelledError):
            if options.tamper:
                return asyncio.run(tamper(say))
            asyncio.run(demo(options))
    except (ReplayFailed, Turned, TimeoutError) as failed:
        print(f"The demo stopped: {failed!r}", file=sys.stderr)
        return 1
    return 0
