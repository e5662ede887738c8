"""Markdown that organisers write, as HTML that cannot do anything: two safeguards, each enough alone."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup
from nh3 import clean

TAGS = {"p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}
# A policy stands below a page's own headings: its # becomes an h3, and so on.
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_RENDERER = MarkdownIt("commonmark", {"html": False})


def rendered(text: str) -> Markup:
    """The text as HTML: no markup of the writer's own, links to http, https and mailto alone, no
    pictures (they would call other sites)."""
    tokens = _RENDERER.parse(text)
    for token in tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
    html = _RENDERER.renderer.render(tokens, _RENDERER.options, {})
    kept = clean(
        html,
        tags=TAGS | set(HEADINGS.values()),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(kept)  # noqa: S704  # rendered without HTML, then sanitised
