"""Every page renders in every language, escapes what people typed, and obeys the strict policy."""

from __future__ import annotations

import re

import pytest

from tests.frontend.fixtures import FRONTEND, catalogue, pages, rendered

NAMES = sorted(pages())


def test_every_template_has_a_page_here() -> None:
    parts = {"base.html", "history.html", "parts.html", "stage_parts.html", "settings_fields.html"}
    parts |= {"verify_body.html", "offline.html"}  # the second is no page of the server
    there = {path.name for path in (FRONTEND / "templates").glob("*.html")} - parts
    assert there == {template for template, _, _ in pages().values()}


def test_both_catalogues_have_the_same_sentences_with_the_same_gaps() -> None:
    english, german = catalogue("en"), catalogue("de")
    assert english.keys() == german.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", german[key]))


def test_every_sentence_that_a_script_says_is_in_the_catalogue() -> None:
    for path in (FRONTEND / "static" / "js").glob("*.js"):
        for key in re.findall(r"\bsay\(\s*\"([\w.]+)\"", path.read_text()):
            assert (key if "." in key else f"js.{key}") in catalogue("en"), (path.name, key)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_language_one_heading_and_nothing_inline(name: str, lang: str) -> None:
    html = rendered(name, lang)
    assert f'<html lang="{lang}" dir="ltr">' in html
    assert html.count("<h1") == 1
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html)
    for script in re.findall(r"<script([^>]*)>", html):
        assert "src=" in script or 'type="application/json"' in script
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_every_form_that_changes_something_carries_the_token(name: str) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', rendered(name), re.S):
        assert 'name="csrf"' in form


def test_what_people_typed_stays_text() -> None:
    html = rendered("board")
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert re.search(r'<bdi class="words" dir="rtl" lang="ar">', html)
    templates = (path.read_text() for path in (FRONTEND / "templates").glob("*.html"))
    assert not any("|safe" in text or "autoescape" in text for text in templates)
