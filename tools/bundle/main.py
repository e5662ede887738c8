"""`./openfloor bundle [DIR]`: the auditor and the offline page as single files, with their hashes."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from server.catalogue import NAMES
from server.web.offline_page import offline_page
from tools.bundle.auditor import auditor

SUMS = "SHA256SUMS"


def files() -> dict[str, str]:
    """What is written, by name. The same sources give the same bytes."""
    made = {"openfloor-audit.py": auditor()}
    made |= {f"openfloor-verify.{lang}.html": offline_page(lang) for lang in NAMES}
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in made.items()]
    return {**made, SUMS: "".join(sums)}


def main(arguments: list[str]) -> int:
    """Exit status 0, or 1 with a sentence where the folder cannot be written."""
    parser = argparse.ArgumentParser(prog="./openfloor bundle", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("bundle"))
    folder: Path = parser.parse_args(arguments).folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files().items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
            print(folder / name)
    except OSError as error:
        print(f"The bundle could not be written: {error}.", file=sys.stderr)
        return 1
    return 0
