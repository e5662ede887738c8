"""The shape holds: floors, no circles, pure floors stay pure, keys in one place, files of a size.

`python -m tests.test_floors` says the same in one second, as part of ./openfloor check.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "server.domain": 0,
    "server.translog": 0,
    "server.protocol": 1,
    "server.audit": 1,
    "server.witness": 1,
    "server.session": 2,
    "server.store": 2,
    "server.acts": 3,
    "server.live": 4,
    "server.web": 5,
    "server.launch": 5,
    "workers": 5,
    "server.settings": 1,
    "server.journal": 1,
    "server.orphans": 1,
    "server.ending": 1,
    "server.catalogue": 1,
    "server.hypercorn_config": 1,
    "server.serve": 6,
    "server.asgi": 7,
    "server.__main__": 7,
    "tools": 8,
}
ROOTS = {
    "server.launch",
    "server.serve",
    "server.asgi",
    "server.__main__",
    "workers",
    "tools",
}  # compose, or print the limits
PURE = {"server.domain", "server.translog", "server.protocol", "server.session"}
IMPURE = set(
    "asyncio redis quart rq time random secrets os socket threading subprocess hypercorn uuid "
    "tempfile shutil logging structlog websockets".split()
)
CLOCKS = {"now", "utcnow", "today"}
LINES = 300
KEY = re.compile(r"""["']of:""")
KEYS = "server/store/keys.py"
PARTS = ("server", "workers", "tools")


def package(module: str) -> str:
    """The package of FLOORS that a module belongs to."""
    words = module.split(".")
    return words[0] if words[0] in FLOORS else ".".join(words[:2])


def imports(tree: ast.AST, known: set[str]) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, wherever in the file, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                yield f".{module}", node.lineno
            for name in node.names:
                inner = f"{module}.{name.name}"
                yield (inner if inner in known else module), node.lineno


def modules(root: Path) -> dict[str, Path]:
    """Modules of the project by their dotted names."""
    found: dict[str, Path] = {}
    for part in PARTS:
        for path in sorted((root / part).rglob("*.py")):
            words = path.relative_to(root).with_suffix("").parts
            found[".".join(words[:-1] if words[-1] == "__init__" else words)] = path
    return found


def floor_faults(root: Path) -> list[str]:
    """Imports that reach upwards, sideways, into an unknown package, or from pure to impure."""
    known, faults = modules(root), []
    for module, path in known.items():
        tree, own = ast.parse(path.read_text()), package(module)
        where = path.relative_to(root)
        for name, line in imports(tree, set(known)):
            if name.startswith("."):
                faults.append(f"{where}:{line} imports relatively")
            elif name.split(".")[0] in PARTS and own != package(name) and module not in PARTS:
                other = package(name)
                if own not in FLOORS or other not in FLOORS or FLOORS[other] >= FLOORS[own]:
                    faults.append(f"{where}:{line} must not import {name}")
                elif other == "server.settings" and own not in ROOTS:
                    faults.append(f"{where}:{line} reads settings; only what composes may")
            elif own in PURE and name.split(".")[0] in IMPURE:
                faults.append(f"{where}:{line} is pure and must not import {name}")
        if own in PURE:
            faults += [
                f"{where}:{node.lineno} is pure and must not read the clock"
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and node.attr in CLOCKS
            ]
    return faults


def circles(root: Path) -> list[str]:
    """Modules that import each other in a circle, as they are found."""
    known = modules(root)
    graph = {
        module: {name for name, _ in imports(ast.parse(path.read_text()), set(known))} & set(known)
        for module, path in known.items()
    }
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> None:
        if module in trail:
            found.append(" -> ".join([*trail[trail.index(module) :], module]))
        elif module not in done:
            for name in sorted(graph[module] - {module}):
                walk(name, [*trail, module])
            done.add(module)

    for module in graph:
        walk(module, [])
    return found


def spelled_keys(root: Path) -> list[str]:
    """Redis keys that are spelled outside keys.py (Lua may name the channel that keys.py declares)."""
    return [
        f"{path.relative_to(root)}:{at} spells a key"
        for path in modules(root).values()
        if str(path.relative_to(root)) != KEYS
        for at, line in enumerate(path.read_text().splitlines(), 1)
        if KEY.search(line)
    ]


def long_files(root: Path) -> list[str]:
    """Source files over the hard limit."""
    parts = (*PARTS, "tests", "frontend")
    paths = [
        path
        for part in parts
        for kind in ("*.py", "*.lua", "*.js")
        for path in (root / part).rglob(kind)
        if "vendor" not in path.parts and "node_modules" not in path.parts
    ]
    sizes = [
        (str(path.relative_to(root)), len(path.read_text().splitlines())) for path in sorted(paths)
    ]
    return [f"{name} has {n} lines" for name, n in sizes if n > LINES]


def strangers(root: Path) -> list[str]:
    """Python in the frontend, or an import in its scripts that leaves the frontend."""
    faults = [str(path.relative_to(root)) for path in (root / "frontend").rglob("*.py")]
    for path in (root / "frontend").rglob("*.js"):
        for name in re.findall(r"""^\s*import\b[^"']*["']([^"']+)["']""", path.read_text(), re.M):
            inside = name.startswith(("./", "../", "/static/"))
            if not inside or name.count("../") > len(path.relative_to(root / "frontend").parts) - 1:
                faults.append(f"{path.relative_to(root)} imports {name}")
    return faults


CHECKS = (floor_faults, circles, spelled_keys, long_files, strangers)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_shape_holds(check: object) -> None:
    assert callable(check) and check(ROOT) == []


def planted(root: Path, **files: str) -> Path:
    """A tree with these files; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_each_kind_of_fault_is_found(tmp_path: Path) -> None:
    root = planted(
        tmp_path,
        server__domain__up="from server.acts import vote\n",
        server__domain__clock="import time\nfrom datetime import datetime\nAT = datetime.now()\n",
        server__session__side="def f():\n    from server.store import keys\n",
        server__web__settings="import server.settings\n",
        server__acts__vote="from server.acts import ask\nKEY = 'of:x'\n",
        server__acts__ask="from server.acts.vote import KEY\n" + "\n" * LINES,
        server__store__keys="",
        server__settings="from .store import keys\n",
        frontend__code="",
    )
    assert len(floor_faults(root)) == 6
    assert circles(root) == ["server.acts.ask -> server.acts.vote -> server.acts.ask"]
    assert spelled_keys(root) == ["server/acts/vote.py:2 spells a key"]
    assert long_files(root) == ["server/acts/ask.py has 301 lines"]
    assert strangers(root) == ["frontend/code.py"]


if __name__ == "__main__":
    told = [fault for check in CHECKS for fault in check(ROOT)]
    print("\n".join(told) or "The floors hold.")
    sys.exit(bool(told))
