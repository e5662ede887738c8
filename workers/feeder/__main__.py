"""The feeder process: shows published heads to witnesses, keeps their cosignatures. It holds no key."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from server import journal
from server.settings import Settings, SettingsError
from server.translog import policy
from server.translog.anchor import ANCHOR_ID
from server.translog.note import NoteError
from server.translog.policy import Policy
from workers.feeder import exchange
from workers.feeder.feeder import Feeder
from workers.sequencer.files import Files
from workers.sequencer.keyring import take_lock


def rule(name: str, path: Path | None) -> tuple[Policy, str] | None:
    """The policy in a file, and its lines without logs; SettingsError says what is wrong with it."""
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
        found = policy.parse(text)
        urls = {one: exchange.checked(url) for one, url in found.urls.items()}
    except (OSError, ValueError, NoteError) as error:
        raise SettingsError(f"{name}={path}: {error}.") from error
    if not urls:
        raise SettingsError(f"{name}={path} names no witness with an address.")
    whole = Policy(found.logs, found.witnesses, found.groups, found.quorum, urls)
    return whole, policy.without_logs(text)


async def _feed(feeder: Feeder) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await feeder.run(ended)


def unfed(folder: Path, meetings: bool, anchor: bool) -> list[str]:
    """What earlier feeders told of logs that are fed to nobody any more, so that no page repeats it. What
    witnesses signed stays."""
    rules = {"witnesses.policy": meetings, "anchor.policy": anchor}
    told = (path.parent.name for path in folder.glob("*/witnesses.json"))
    stale = (log for log in told if (anchor if log == ANCHOR_ID else meetings))
    return [
        *(name for name, gone in rules.items() if gone),
        *(f"{log}/witnesses.json" for log in stale),
    ]


def main() -> int:
    """Run until SIGTERM; 1 with a sentence where it must not or cannot go on."""
    try:
        settings = Settings.from_environ(os.environ)
        folder = settings.data / "log"
        meetings = rule("OPENFLOOR_WITNESSES", settings.witnesses)
        anchor = rule("OPENFLOOR_ANCHOR_WITNESSES", settings.anchor_witnesses)
        files = Files(folder)
        lock = take_lock(folder, "feeder.lock")
        if lock is None:
            raise SettingsError("Another feeder works on this data folder. There is one alone.")
        files.drop(unfed(folder, meetings is None, anchor is None))
        if meetings is None and anchor is None:
            raise SettingsError("OPENFLOOR_WITNESSES names no witnesses: there is nothing to feed.")
        rules = {"witnesses.policy": meetings, "anchor.policy": anchor}
        files.write((name, found[1].encode()) for name, found in rules.items() if found)
        journal.set_up()

        def rule_of(log: str) -> Policy | None:
            found = anchor if log == ANCHOR_ID else meetings
            return found[0] if found else None

        asyncio.run(_feed(Feeder(files, rule_of)))
    except (SettingsError, OSError) as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
