"""The page that checks receipts, as one file that needs no server: the same template and modules."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from server.catalogue import catalogue
from server.web.rendering import FRONTEND

ENTRY = "verify.js"
SAID = ("verify.", "act.q_", "by.", "end.", "basis.")
SCRIPTS = FRONTEND / "static" / "js"
STYLES = ("css/app.css", "css/record.css")
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"(\./|\.\./)([\w/.]+\.js)";\n', re.M)
EXPORT = re.compile(r"^export ", re.M)
NAME = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.M)


class BundleError(Exception):
    """Scripts that cannot stand in one; the sentence says why."""


def verify_sentences(lang: str) -> dict[str, str]:
    """The page's own sentences, as words.js looks for them."""
    found = catalogue(lang).items()
    own = {f"js.{key}": text for key, text in found if key.startswith(SAID)}
    return own | {key: text for key, text in found if key.startswith("js.why_")}


def modules(entry: str = ENTRY) -> dict[str, str]:
    """The page's modules by path below static/js, each behind those that it imports."""
    found: dict[str, str] = {}

    def take(path: Path) -> None:
        name = str(path.relative_to(SCRIPTS))
        if name in found:
            return
        source = path.read_text(encoding="utf-8")
        for dots, other in IMPORT.findall(source):
            take((path.parent / dots / other).resolve())
        found[name] = source

    take((SCRIPTS / entry).resolve())
    return found


def joined(source: str) -> str:
    """A module's text as it stands in the one script: without its imports and the word export."""
    return EXPORT.sub("", IMPORT.sub("", source))


def script() -> str:
    """All modules as one; BundleError where two of them use one name at the top."""
    held = modules()
    names = [name for source in held.values() for name in NAME.findall(source)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BundleError(f"these names stand twice: {', '.join(twice)}")
    text = "\n".join(joined(source) for source in held.values())
    if "</" in text or re.search(r"^\s*(import|export)\b", text, re.M):
        raise BundleError("a script closes its element, or imports in another form")
    return text


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def offline_page(lang: str) -> str:
    """The file's text in a language."""
    loader = jinja2.FileSystemLoader(FRONTEND / "templates")
    env = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    sentences = catalogue(lang)
    code = "\n" + script()
    style = "\n" + "\n".join((FRONTEND / "static" / p).read_text("utf-8") for p in STYLES)
    return env.get_template("offline.html").render(
        t=lambda key, **values: sentences[key].format(**values),
        lang=lang,
        script=Markup(code),  # noqa: S704  # our own files
        style=Markup(style),  # noqa: S704
        script_hash=_hash(code),
        style_hash=_hash(style),
        sentences=verify_sentences(lang),
    )
