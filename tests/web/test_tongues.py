"""Every refusal is said in the reader's language, on pages, over the API and on the socket."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.acts import admission
from server.catalogue import catalogue, key_of, refusal
from server.domain.meeting import STARTING_POLICY
from server.domain.question import Act, State, step
from server.domain.refusals import Refusal, Refused, Sentence
from server.domain.roles import spoken
from server.domain.screening import STARTING_REASONS
from server.protocol import ticket
from tests.acts.building import NOW, live_town
from tests.web.browsing import Browser, Client
from tests.web.organising import form_of, organising

ROOT = Path(__file__).parents[2]
# Which argument of each call is the English sentence; the last two pass on what they are given.
SAID = {"Refused": 1, "Sentence": 0, "RosterRefused": 0, "take_or_refuse": 4, "_bad": None}
OTHERWISE = {"retry_in", "field", "key", "wait"}  # who waits is told by one place for all


def constants(tree: ast.AST) -> dict[str, list[str]]:
    """Texts that a file gives a name to."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                found.setdefault(node.targets[0].id, []).append(node.value.value)
            elif isinstance(node.value, ast.Dict):
                texts = [v.value for v in node.value.values if isinstance(v, ast.Constant)]
                found[node.targets[0].id] = [text for text in texts if isinstance(text, str)]
    return found


def texts(node: ast.expr, named: dict[str, list[str]]) -> list[str]:
    """Every text that an argument may be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name):
            return named.get(name, [])
        case ast.IfExp(body=yes, orelse=no):
            return texts(yes, named) + texts(no, named)
        case _:
            return []


def calls() -> Iterator[tuple[str, ast.Call, list[str]]]:
    """Where something is said, and what."""
    for part in ("server", "workers"):
        for path in sorted((ROOT / part).rglob("*.py")):
            tree = ast.parse(path.read_text())
            named = constants(tree)
            for call in ast.walk(tree):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                    continue
                if call.func.id not in SAID or any(k.arg == "key" for k in call.keywords):
                    continue
                place = SAID[call.func.id]
                args = call.args if place is None else call.args[place : place + 1]
                where = f"{path.relative_to(ROOT)}:{call.lineno}"
                yield (
                    where,
                    call,
                    [text for arg in args for text in texts(arg, named) if " " in text],
                )


def test_every_sentence_of_a_refusal_is_in_the_catalogue_with_its_gaps() -> None:
    told = set()
    for where, call, sentences in calls():
        given = {keyword.arg for keyword in call.keywords if keyword.arg} - OTHERWISE
        for text in sentences:
            assert key_of(Sentence(text)), f"{where} says what no catalogue has: {text!r}"
            gaps = set(re.findall(r"\{(\w+)\}", text))
            if given:
                assert gaps - {"wait"} == given, where
            told.add(text)
    assert len(told) > 150


def test_no_sentence_of_a_refusal_is_made_of_pieces() -> None:
    for where, call, _ in calls():
        place = SAID[str(getattr(call.func, "id", ""))]
        args = call.args if place is None else call.args[place : place + 1]
        assert not any(isinstance(arg, ast.JoinedStr) for arg in args), where


def test_every_refusal_of_the_catalogue_is_said_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "server").rglob("*.py"))
    whole = re.sub(r'"\s*\n?\s*"', "", source)  # a text over two lines is one
    for key, text in catalogue("en").items():
        if key.startswith("refused."):
            assert text in whole or text.replace('"', '\\"') in whole, key


def test_what_fills_a_gap_is_said_in_the_same_language() -> None:
    with pytest.raises(Refused) as refused:
        step(State.SCREENED_OUT, Act.PICK)
    assert refusal("de", refused.value) == (
        "Für eine Frage im Zustand „aussortiert“ gibt es den Schritt „auf Sendung nehmen“ nicht."
    )
    assert "screened out" in refusal("en", refused.value)
    assert refusal("de", Refused(Refusal.BAD_INPUT, spoken("mod:2"))) == "Moderation 2"


def test_every_state_and_step_has_a_word_in_both_languages() -> None:
    for key in [f"state.{state}" for state in State] + [f"step.{act}" for act in Act]:
        assert catalogue("en")[key] and catalogue("de")[key]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("de", "keine Frage mit dieser Nummer"), ("en", "There is no question")],
)
async def test_page_and_program_are_refused_in_their_language(
    store: Redis, app: Quart, lang: str, words: str
) -> None:
    town = await live_town(store)
    browser, headers = Browser(app), {"Accept-Language": lang}
    assert words in await browser.get(f"/m/{town.meeting.slug}/q/9999?lang={lang}")
    path = f"/meetings/{town.meeting.slug}/questions/9999"
    status, told = await Client(app).send("GET", path, headers=headers)
    assert status == 404 and words in told["error"]["message"]


async def test_a_new_meeting_begins_with_rules_in_the_organisers_language(
    store: Redis, app: Quart
) -> None:
    organiser = await organising(app, store)
    for lang, policy in (("en", STARTING_POLICY), ("de", "Jede Frage bekommt bei Eingang")):
        form = form_of(await organiser.get(f"/organise/new?lang={lang}"))
        assert form["policy"].startswith(policy) and form["languages"] == lang
        for at, reason in enumerate(STARTING_REASONS):
            said = catalogue(lang)[f"start.reason_{reason.code}"]
            assert form[f"reason_code_{at}"] == reason.code
            assert form[f"reason_sentence_{at}"] == said
            assert (said == reason.sentence) is (lang == "en")


async def test_a_ticket_carries_the_readers_language_to_the_socket(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    joined = await admission.join(store, town.meeting, town.meeting.code, NOW)
    client, path = Client(app, joined.token), f"/meetings/{town.meeting.slug}/ticket"
    for asked, lang in (
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.2, en;q=0", "de"),
        ("fr", "en"),
        ("*", "en"),
    ):
        _, told = await client.send("POST", path, headers={"Accept-Language": asked})
        assert ticket.verify(b"w" * 32, told["ticket"], 0).lang == lang
