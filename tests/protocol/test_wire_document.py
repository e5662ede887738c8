"""docs/wire.md and docs/errors.md name what the code has, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from server.domain.meeting import Phase
from server.domain.question import State
from server.domain.refusals import Refusal
from server.domain.roles import Role
from server.protocol.answers import http_status
from server.protocol.close_codes import Close
from server.protocol.inbound import Ask, Hello, Passive, Ping, Seen, Vote

DOCS = Path(__file__).parents[2] / "docs"


def table(heading: str) -> dict[str, set[str]]:
    text = (DOCS / "wire.md").read_text().split(f"## {heading}")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", text, re.M)
    return {name: set(re.findall(r"`(\w+)`", fields)) for name, fields in rows if name != "t"}


def test_every_message_of_a_client_stands_in_the_document_with_its_fields() -> None:
    code = {
        str(kind.__struct_config__.tag): set(kind.__struct_fields__)
        for kind in (Hello, Vote, Ask, Seen, Passive, Ping)
    }
    assert table("From the client") == code


def test_every_close_code_stands_in_the_document() -> None:
    text = (DOCS / "wire.md").read_text().split("## Close codes")[1]
    assert {int(code) for code in re.findall(r"\b(\d{4})\b", text)} == {int(c) for c in Close}


def test_every_refusal_stands_in_the_document_with_its_status() -> None:
    documented: dict[str, int] = {}
    for codes, status in re.findall(
        r"^\| ((?:`\w+` ?)+) \| (\d+) \|", (DOCS / "errors.md").read_text(), re.M
    ):
        documented.update(dict.fromkeys(re.findall(r"`(\w+)`", codes), int(status)))
    assert documented == {refusal.value: http_status(refusal) for refusal in Refusal}


def test_every_role_phase_and_state_is_a_word_of_the_glossary() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", (DOCS / "glossary.md").read_text(), re.M)
    words = " ".join(f"{term} {meaning}" for term, meaning in rows)
    for word in (*Role, *Phase, *State):
        assert re.search(rf"\b{word.replace('_', ' ')}\b", words), word


def test_no_term_of_the_glossary_stands_twice() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|", (DOCS / "glossary.md").read_text(), re.M)
    terms = [term for row in rows for term in re.split(r"[;,:] ", row.strip()) if term != "term"]
    assert len(terms) > 60 and [t for t in terms if terms.count(t) > 1] in ([], ["act", "act"])
