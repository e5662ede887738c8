"""The single files are the project's own sources, and work where nothing of the project is."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.translog import leaf
from server.web import offline_page
from tests.audit.building import honest
from tests.frontend.log_cases import VKEY, receipt_of, zipped
from tools.bundle import auditor
from tools.bundle.main import main

ALLOWED = {"cryptography", "server", "rfc8785"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the command wrote."""
    made = tmp_path_factory.mktemp("bundle")
    assert main([str(made)]) == 0
    return made


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The single file where no package but `cryptography` can be imported."""
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    for name in ("cryptography", "cffi", "_cffi_backend"):
        origin = importlib.util.find_spec(name)
        assert origin and origin.origin
        path = Path(origin.origin)
        path = path.parent if path.name == "__init__.py" else path
        link = packages / path.name
        if not link.exists():
            link.symlink_to(path)
    program = (
        f"import sys; sys.path.append({str(packages)!r}); sys.argv[1:] = {list(arguments)!r};"
        f"import runpy; runpy.run_path({str(folder / 'openfloor-audit.py')!r}, run_name='__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60)


def test_the_auditor_holds_every_module_byte_for_byte(folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("bundled", folder / "openfloor-audit.py")
    assert spec and spec.loader
    bundled: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bundled)
    held = {name: path.read_text() for name, path in auditor.modules().items()}
    assert bundled.SOURCES == {name: text for name, text in held.items() if text}
    assert {"server.audit.checks", "server.translog.tree", "rfc8785._impl"} <= set(held)


def test_the_auditor_needs_nothing_but_python_and_cryptography() -> None:
    for name, path in auditor.modules().items():
        for named in auditor._named(name, path):
            top = named.split(".")[0]
            assert top in ALLOWED or top in sys.stdlib_module_names, (name, named)


def test_the_auditor_alone_judges_an_archive_and_a_receipt(folder: Path) -> None:
    log = honest()
    (folder / "log.zip").write_bytes(zipped(log))
    (folder / "receipts").mkdir()
    held = receipt_of(log, 2, 7)
    (folder / "receipts" / "mine.json").write_bytes(leaf.canonical(held))
    told = _run(folder, "log.zip", "--vkey", VKEY, "--receipts", "receipts")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Everything holds." in told.stdout and "1 receipt." in told.stdout
    wrong = {"public.json": b'{"v":1}'}
    (folder / "bad.zip").write_bytes(zipped(log, wrong))
    told = _run(folder, "bad.zip")  # wrong usage is no evidence
    assert told.returncode == 1 and "usage:" in told.stderr
    told = _run(folder, "bad.zip", "--vkey", VKEY)
    assert told.returncode == 2 and (folder / "evidence.json").exists()
    assert _run(folder, "none.zip", "--vkey", VKEY).returncode == 1


def test_the_page_is_its_modules_one_behind_another(folder: Path) -> None:
    page = (folder / "openfloor-verify.en.html").read_text()
    at = 0
    for name, source in offline_page.modules().items():
        kept = [line for line in source.split("\n") if not line.startswith("import ")]
        text = "\n".join(line.removeprefix("export ") for line in kept)
        at = page.index(text, at)
        assert name.startswith("log/") or name in ("words.js", "verify.js")
    assert "http" not in page.replace("http-equiv", "").split("<body", 1)[0].split("connect-src")[0]


def test_a_name_that_stands_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"a.js": "const one = 1;\n", "b.js": "export function one() {}\n"}
    monkeypatch.setattr(offline_page, "modules", lambda: held)
    with pytest.raises(offline_page.BundleError, match="one"):
        offline_page.script()


def test_the_sums_are_those_of_the_files(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        told, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told


def test_the_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(json.dumps({}))
    assert main([str(tmp_path / "file")]) == 1
