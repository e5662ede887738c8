"""The auditor as one Python file: its modules, byte for byte, behind an importer of a few lines."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENTRY = "server.audit.main"
# Pure Python and small, so it comes along; its licence stands in the file.
ALONG = ("rfc8785",)
HEAD = '''#!/usr/bin/env python3
"""The auditor of a verifiable Q&A log, in one file. It needs Python 3.11 or newer and `cryptography`.

    python3 openfloor-audit.py TARGET --vkey KEY [--receipts DIR] [--state FILE] [--policy FILE]
        [--prev EARLIER --prev-vkey KEY]

TARGET is a log's address, its folder, or its archive as a zip. Exit status: 0 everything holds, 1
something could not be checked, 2 evidence of cheating, written to evidence.json.

SOURCES below are the project's own modules, unchanged; what comes after them only finds them.
"""

import argparse
import importlib.abc
import importlib.util
import sys

SOURCES = {}
'''
TAIL = '''

class Held(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of SOURCES, and no others of their packages."""

    def find_spec(self, name, path=None, target=None):
        package = any(other.startswith(name + ".") for other in SOURCES)
        if name not in SOURCES and not package:
            return None
        return importlib.util.spec_from_loader(name, self, origin=name, is_package=package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        source = SOURCES.get(module.__name__, "")
        exec(compile(source, "<" + module.__name__ + ">", "exec"), module.__dict__)


def main():
    sys.meta_path.insert(0, Held())
    from server.audit import main as audit

    parser = argparse.ArgumentParser(prog="openfloor-audit.py")
    audit.arguments(parser)
    return audit.main(audit.parsed(parser))


if __name__ == "__main__":
    sys.exit(main())
'''


class BundleError(Exception):
    """A source that cannot be put into one file; the sentence says which and why."""


def module_path(name: str) -> Path | None:
    """The file of a module that comes along, or None for the standard library and `cryptography`."""
    top, _, inner = name.partition(".")
    if top in ALONG:
        # What a package names may also be one of its functions: then there is no such file.
        folder = Path(str(importlib.import_module(top).__file__)).parent
        path = folder / f"{inner or '__init__'}.py"
        return path if path.is_file() else None
    if top != "server":
        return None
    plain = ROOT / Path(*name.split("."))
    return next((p for p in (plain.with_suffix(".py"), plain / "__init__.py") if p.is_file()), None)


def _named(name: str, path: Path) -> set[str]:
    """Every module that a file may import, and the packages around each."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = f"{package}.{node.module}" if node.level else node.module or ""
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def modules() -> dict[str, Path]:
    """The auditor's modules and what they import, by name."""
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        path = module_path(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += _named(name, path)
    return dict(sorted(found.items()))


def _quoted(name: str, source: str) -> str:
    if "'''" in source or source.endswith("\\") or "\r" in source:
        raise BundleError(f"{name} cannot be quoted as it stands")
    return f"SOURCES[{name!r}] = r'''{source}'''\n"


def _licences() -> str:
    told = []
    for name in ALONG:
        files = importlib.metadata.files(name) or []
        text = next(str(f.read_text()) for f in files if f.name == "LICENSE")
        told.append(f"{name} {importlib.metadata.version(name)}\n\n{text}")
    return "\n".join(f"# {line}".rstrip() for line in "\n".join(told).splitlines()) + "\n"


def auditor() -> str:
    """The file's text; the same sources always give the same text."""
    held = {name: path.read_text() for name, path in modules().items()}
    body = "\n".join(_quoted(name, source) for name, source in held.items() if source)
    return f"{HEAD}\n{_licences()}\n{body}{TAIL}"
