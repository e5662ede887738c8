"""The command line of the server."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from server.audit import main as audit
from server.launch import run as launch
from server.launch.links import organiser_link
from server.launch.ready import healthy
from server.launch.restart import restart
from server.settings import Settings
from server.witness import main as witness


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./openfloor")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything on this machine")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=_port, default=8000, metavar="N", help="0 takes a free one")
    run.add_argument("--data", default="data", help="folder of the embedded store")
    run.add_argument("--servers", type=int, default=1, choices=range(1, 17), metavar="N")
    run.add_argument("--tls", choices=["self"], help="serve https with a self-made certificate")
    run.add_argument("--tls-cert", type=Path, metavar="FILE")
    run.add_argument("--tls-key", type=Path, metavar="FILE")
    run.add_argument(
        "--trust-proxy",
        nargs="?",
        const="127.0.0.1,::1",
        metavar="ADDRESSES",
        help="a proxy in front speaks https; where it connects from, if not from this machine",
    )
    commands.add_parser("serve", help="one server process, settings from the environment")
    commands.add_parser("healthy", help="exit status 0 when this machine's server answers")
    link = commands.add_parser("organiser-link", help="print a fresh organiser link")
    link.add_argument("--data", default="data")
    again = commands.add_parser("restart", help="replace the running processes, one by one")
    again.add_argument("--data", default="data")
    audit.arguments(commands.add_parser("audit", help="check a log as a stranger would"))
    witness.arguments(commands.add_parser("witness", help="cosign logs that only ever grow"))
    told = "Exit status: 0 all holds, 1 could not check, 2 something does not hold. Nothing is written."
    fsck = commands.add_parser("fsck", help="re-verify every stored log", epilog=told)
    fsck.add_argument("--data", default="data", help="the data folder, or a copy of it")
    fsck.add_argument("--keys", type=Path, help="folder of the logs' key (default: DATA-keys)")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError("a whole number from 0 to 65535")
    return int(text)


def _fsck(data: Path, keys: Path | None) -> int:
    from workers.sequencer.fsck import main as fsck

    return fsck(data, keys or data.parent / f"{data.name}-keys")


def main() -> int:
    """Exit status: 0 done, 1 with a sentence on standard error, 2 wrong usage; audit and fsck, which judge,
    have their own."""
    judges = sys.argv[1:2] in (["audit"], ["fsck"])
    options = audit.parsed(_parser()) if judges else _parser().parse_args()
    if options.command == "run":
        return launch.main(options, os.environ)
    try:
        if options.command == "organiser-link":
            print(organiser_link(Path(options.data).resolve(), os.environ))
            return 0
        if options.command == "restart":
            restart(Path(options.data).resolve())
            return 0
        if options.command == "audit":
            return audit.main(options)
        if options.command == "witness":
            return witness.main(options)
        if options.command == "fsck":
            return _fsck(Path(options.data).resolve(), options.keys)
        settings = Settings.from_environ(os.environ)
        if options.command == "healthy":
            return 0 if healthy(settings) else 1
        # Imported here: the other commands need none of the server's libraries.
        from server.serve import main as serve

        serve(settings)
    except launch.REASONS as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
