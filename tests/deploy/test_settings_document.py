"""docs/settings.md and the code name the same variables, with the same defaults."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

from server.serve import pace_of
from server.settings import Limits, Settings
from tests.deploy.naming import ROOT, code_names, limit_names

ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", re.MULTILINE)
OF_THE_SCRIPT = {"PYTHON"}
# Fields that are told by more than one variable, or under another name.
FIELDS = {"secret": "OPENFLOOR_SECRET_FILE", "limits": "OPENFLOOR_LIMIT_FRAME_BYTES"}


def document() -> dict[str, tuple[str, str]]:
    """Each variable's default and meaning as the document tells them."""
    rows = ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    assert len(rows) == len({name for name, _, _ in rows}), "a variable is told twice"
    return {name: (default, meaning) for name, default, meaning in rows}


def test_the_document_names_every_variable_and_no_other() -> None:
    assert set(document()) == code_names() | OF_THE_SCRIPT


def test_every_limit_has_the_default_that_the_document_says() -> None:
    told = document()
    for name, default in limit_names().items():
        assert told[name][0].replace(",", "") == str(default), name


def test_the_seconds_for_a_first_message_are_the_handshake_s() -> None:
    assert pace_of(replace(Limits(), handshake_s=7)).hello_s == 7.0


def test_every_field_of_the_settings_has_its_variable() -> None:
    told = document()
    for field in fields(Settings):
        assert FIELDS.get(field.name, f"OPENFLOOR_{field.name.upper()}") in told, field.name


def test_the_operating_document_quotes_messages_that_the_code_says() -> None:
    """Each first cell of the troubleshooting table stands in the code, piece by piece around its
    values, which are written in capitals there."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = text.partition("## Troubleshooting")[2]
    said = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(said) >= 12
    code = source()
    for message in said:
        pieces = [piece.strip(" .,'\"") for piece in re.split(r"\b[A-Z][A-Z_]{2,}\b", message)]
        for piece in pieces:
            assert piece in code, f"nothing says {piece!r}"


def source() -> str:
    """All that the code may say, with strings that continue on the next line joined."""
    text = " ".join(
        path.read_text(encoding="utf-8")
        for part in ("server", "workers")
        for path in sorted(Path(ROOT / part).rglob("*.py"))
    )
    text += (ROOT / "openfloor").read_text(encoding="utf-8")
    text += (ROOT / "frontend" / "catalogue" / "en.json").read_text(encoding="utf-8")
    return re.sub(r'"\s*\n?\s*f?"', "", text)
