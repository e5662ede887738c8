"""The sequencer process: the only holder of the log's key."""

from __future__ import annotations

import os
import sqlite3
import sys
from urllib.parse import urlsplit

from server.settings import Settings, SettingsError
from workers.running import run
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring, KeyTrouble, take_lock
from workers.sequencer.leaves import LeafStore, Moved
from workers.sequencer.sequencer import Sequencer


def main() -> int:
    """Run until SIGTERM; 1 with a sentence where it must not or cannot go on."""
    try:
        settings = Settings.from_environ(os.environ)
        folder = settings.data / "log"
        lock = take_lock(folder)
        if lock is None:
            raise KeyTrouble("Another sequencer works on this data folder. There is one alone.")
        leaves = LeafStore(folder / "leaves.sqlite3")
        keyring = Keyring(settings.log_keys, logs_exist=bool(leaves.states()))
        if keyring.made:
            print(keyring.advice(), flush=True)
        host = urlsplit(settings.public_url).netloc
        run(Sequencer(leaves, Files(folder), keyring, host, secret=settings.secret).step)
    except (SettingsError, KeyTrouble) as reason:
        print(reason, file=sys.stderr)
        return 1
    except (OSError, sqlite3.Error, Moved) as error:
        # Started again, it goes on from what is committed; nothing half done is left.
        print(f"The logs could not be written ({error}). Nothing was signed.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
