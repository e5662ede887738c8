"""The command line: run, serve, organiser-link."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from server.launch import run as launch
from server.settings import Settings, SettingsError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./openfloor")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything on this machine")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    run.add_argument("--data", default="data", help="folder of the embedded store")
    run.add_argument("--servers", type=int, default=1, choices=range(1, 17), metavar="N")
    run.add_argument("--tls", choices=["self"], help="serve https with a self-made certificate")
    run.add_argument("--tls-cert", type=Path)
    run.add_argument("--tls-key", type=Path)
    run.add_argument(
        "--trust-proxy",
        nargs="?",
        const="127.0.0.1,::1",
        metavar="ADDRESSES",
        help="a proxy in front speaks https; where it connects from, if not from this machine",
    )
    commands.add_parser("serve", help="one server process (started by run)")
    link = commands.add_parser("organiser-link", help="print a fresh organiser link")
    link.add_argument("--data", default="data")
    return parser


def main() -> int:
    """Exit status: 0 done, 1 with a sentence on standard error, 2 wrong usage."""
    options = _parser().parse_args()
    try:
        if options.command == "run":
            return launch.main(options, os.environ)
        if options.command == "organiser-link":
            print(launch.organiser_link(Path(options.data).resolve()))
            return 0
        # Imported here: `run` and `organiser-link` need none of the server's libraries.
        from server.serve import main as serve

        serve(Settings.from_environ(os.environ))
    except (SettingsError, launch.CannotRun) as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
