"""What the documents name is there: files, links, pictures, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = "server|workers|tools|tests|frontend|deploy|docs"
NAMED = re.compile(rf"`((?:{FOLDERS})/[^`\s*{{}}]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\./openfloor ([a-z]+(?:-[a-z]+)*)")
# Written when they are used: a folder of secrets, and what an operator puts there.
MADE = {"deploy/secrets", "deploy/witnesses.policy"}


def commands() -> set[str]:
    """What the script and the program behind it take."""
    script = (ROOT / "openfloor").read_text()
    usage = re.search(r"usage: \./openfloor ([a-z|-]+)", script)
    assert usage is not None
    return set(usage[1].split("|"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(page: Path) -> None:
    text = page.read_text()
    for name in NAMED.findall(text):
        path = name.partition(":")[0]
        assert path.rstrip("/") in MADE or (ROOT / path).exists(), name
    for link in LINK.findall(text):
        if not re.match(r"[a-z]+:|#", link):
            assert (page.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_document_names_is_one(page: Path) -> None:
    assert set(COMMAND.findall(page.read_text())) <= commands()


def test_the_readme_names_every_command() -> None:
    assert set(COMMAND.findall((ROOT / "README.md").read_text())) == commands()


def test_the_readme_leads_to_every_document() -> None:
    links = {link.partition("#")[0] for link in LINK.findall((ROOT / "README.md").read_text())}
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in links, page.name


def test_the_readme_shows_every_page_and_leads_to_each_of_its_pictures() -> None:
    text = (ROOT / "README.md").read_text()
    there = {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")}
    named = set(re.findall(r"\]\(docs/pictures/([\w-]+)\.png\)", text))
    shown = set(re.findall(r"!\[[^\]]+\]\(docs/pictures/([\w-]+)-\w+\.png\)", text))
    assert named == there
    assert shown == {name.rpartition("-")[0] for name in there}
