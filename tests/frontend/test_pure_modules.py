"""The browser's pure modules: the same orders, boards and outbox as the server means."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from server.domain import ranking
from server.domain.board import Board, Row
from server.domain.question import State
from tests.domain.test_board import MEETING, play
from tests.frontend.difference_cases import difference_cases
from tests.frontend.outbox_cases import outbox_cases
from tests.frontend.running import ROOT, Case, chromium, in_chromium, in_node, node

VECTORS = json.loads((ROOT / "tests/vectors/ranking.json").read_text())
BOARDS = json.loads((ROOT / "tests/vectors/board.json").read_text())
KINDS = ("put", "put", "tally", "remove", "expose", "count", "tick")


def orders(rows: list[dict[str, int]], seed: int) -> list[list[int]]:
    by_votes = sorted(rows, key=lambda row: ranking.wanted_key(row["votes"], row["n"]))
    newest = sorted(rows, key=lambda row: ranking.newest_key(row["n"]))
    fair = sorted(rows, key=lambda row: ranking.fair_key(row["seen"], seed, row["n"]))
    return [[row["n"] for row in kind] for kind in (by_votes, newest, fair)]


def ranking_cases(random_: random.Random) -> list[tuple[Case, Any]]:
    cases: list[tuple[Case, Any]] = [
        (("mix", {"pairs": [pair[:2] for pair in VECTORS["mix"]]}), [m[2] for m in VECTORS["mix"]])
    ]
    for known in VECTORS["orders"]:
        expected = [known["wanted"], known["newest"], known["fair"]]
        cases.append((("ranked", {"rows": known["rows"], "seed": known["seed"]}), expected))
    for _ in range(60):
        seed = random_.randrange(2**32)
        rows = [
            {"n": n, "votes": random_.randrange(4), "seen": 2 ** random_.randrange(12)}
            for n in random_.sample(range(1, ranking.MAX_NUMBER), random_.randrange(40))
        ]
        cases.append((("ranked", {"rows": rows, "seed": seed}), orders(rows, seed)))
    return cases


def board_cases(random_: random.Random) -> list[tuple[Case, Any]]:
    cases: list[tuple[Case, Any]] = [
        (("board", {"messages": known["messages"]}), known["expected"]) for known in BOARDS
    ]
    for _ in range(60):
        board = Board(MEETING, "0-0")
        messages: list[Any] = [json.loads(json.dumps(board.snapshot(250)))]
        for at in range(1, 40):
            step = (random_.choice(KINDS), random_.randint(1, 6), random_.randrange(10))
            delta = play(board, at, step)
            messages += [delta] if delta else []
        last = board.take_delta()
        messages += [last] if last else []
        told = board.snapshot(250)
        state = {name: told[name] for name in ("epoch", "meeting", "counts", "rows")}
        state["pos"] = messages[-1].get("to", "0-0")
        cases.append(
            (("board", {"messages": messages}), {"gaps": [False] * len(messages), "state": state})
        )
    return cases


def search_cases() -> list[tuple[Case, Any]]:
    words = ["", "roof", "ROOF", "straße", "STRASSE", "ΟΔΟΣ", "οδος", "ınfo", "chairs", "no such"]
    rows = [
        Row(1, "q" * 22, text, "en", "ltr", None, State.LISTED, 0, 0, 0, wording)
        for text, wording in (
            ("Why is the roof open?", ""),
            ("Chairs, when?", "When do we get new chairs in Roof Street?"),
            ("Wann wird die Straße gesperrt?", "INFO"),
            ("Πού είναι η οδός; ΟΔΟΣ", ""),
        )
    ]
    return [
        (("searched", {"row": row.wire(), "searches": words}), [row.says(word) for word in words])
        for row in rows
    ]


def digest_cases(random_: random.Random) -> list[tuple[Case, Any]]:
    """A board that was told everything agrees with the server's digest; one that missed a tally not."""
    cases: list[tuple[Case, Any]] = []
    for _ in range(20):
        board = Board(MEETING, "0-0")
        for at in range(1, 30):
            play(board, at, (random_.choice(KINDS), random_.randint(1, 6), random_.randrange(10)))
        play(board, 30, ("put", 5, 3))
        told = json.loads(json.dumps(board.snapshot(250)))
        said = {"digest": board.digest(), "to": told["pos"]}
        lacking = {**told, "rows": [{**row, "votes": row["votes"] + 1} for row in told["rows"]]}
        cases.append((("differs", {"snapshot": told, "message": said}), False))
        cases.append((("differs", {"snapshot": lacking, "message": said}), True))
        n = told["rows"][0]["n"]  # an answer counts where it is newer than the board
        acks = [{"n": n, "votes": 99, "at": at} for at in ("29-9", told["pos"], "30-1")]
        was = told["rows"][0]["votes"]
        cases.append((("counted", {"snapshot": told, "acks": acks}), [was, was, 99]))
    return cases


def desk_cases() -> list[tuple[Case, Any]]:
    def row(n: int, first: int, **more: Any) -> dict[str, Any]:
        base = {"q": f"q{n}", "n": n, "first": f"q{first}", "state": "received", "revision": 1}
        return {**base, "votes": 0, "appeal": "", **more}

    def told(rows: list[dict[str, Any]], whole: bool = False) -> dict[str, Any]:
        counts = {"waiting": 1} if whole else None
        return {
            "position": "1-0",
            "whole": whole,
            "questions": rows,
            "counts": counts,
            "line": None,
        }

    first = told([row(1, 1), row(2, 2), row(3, 2), row(4, 4, state="listed", votes=3)], whole=True)
    late = told([row(3, 2, state="merged", revision=2), row(5, 5, state="listed", votes=9)])
    stale = told([row(3, 2)])
    many = told([row(1, 1, people=7), row(2, 2), row(3, 2)], whole=True)
    hidden = told([row(1, 1, people=4), row(2, 2), row(3, 2, people=7)], whole=True)
    asked = [
        ([many], "waiting", True, [[1, 1], [2, 2]]),
        ([hidden], "waiting", True, [[2, 2], [1, 1]]),
        ([first], "waiting", False, [[1, 1], [2, 2]]),
        ([first], "waiting", True, [[2, 2], [1, 1]]),
        ([first, late, stale], "waiting", False, [[1, 1], [2, 1]]),
        ([first, late], "listed", False, [[5, 1], [4, 1]]),
        ([first, late], "merged", False, [[3, 1]]),
    ]
    cases: list[tuple[Case, Any]] = [
        (("desk", {"messages": messages, "name": name, "byAskers": by}), rows)
        for messages, name, by, rows in asked
    ]
    grouped = [
        {**row(7, 7), "state": "merged", "into": 4, "votes": 1, "askers": 1},
        {**row(8, 8), "state": "merged", "into": 4, "votes": 1, "askers": 3},
        {**row(9, 9), "state": "merged", "into": 4, "votes": 2, "askers": 1},
        {**row(6, 6), "state": "merged", "into": 5, "votes": 9, "askers": 1},
    ]
    cases.append((("members", {"rows": grouped, "head": {"n": 4, "members": 3}}), [9, 8, 7]))
    for n, by, line in (
        (3, -1, [1, 3, 2]),
        (1, -1, [1, 2, 3]),
        (1, 9, [2, 3, 1]),
        (8, 1, [1, 2, 3]),
    ):
        cases.append((("moved", {"line": [1, 2, 3], "n": n, "by": by}), line))
    acts = [
        ({"state": "received"}, ["list", "screen"], ""),
        ({"state": "listed", "members": 2}, ["screen", "split_all", "skip"], "screen"),
        ({"state": "screened_out"}, ["reverse", "screen"], "reverse"),
        ({"state": "screened_out", "appeal": "open"}, ["overturn"], "reverse"),
        ({"state": "answered"}, ["reverse"], "reverse"),
        ({"state": "merged"}, [], "split"),
        ({"state": "withdrawn"}, [], ""),
    ]
    for given_row, offered, reversal in acts:
        cases.append((("offers", {"row": given_row}), offered))
        cases.append((("reversal", {"row": given_row}), reversal))
    copied = [row(3, 1), row(5, 1), row(4, 1), row(6, 6), row(1, 1, state="listed")]
    cases.append((("copies", {"rows": copied, "open": copied[0]}), [4, 5]))
    cases.append((("uncopied", {"rows": copied}), [6]))  # three in one wording stand as a new row
    cases.append((("copies", {"rows": copied, "open": copied[4]}), [3, 4, 5]))
    screened = row(1, 1, state="screened_out")
    cases.append((("copies", {"rows": copied, "open": screened}), []))
    appealed = {"state": "screened_out", "appeal": "open", "by": "mod:2"}
    cases.append((("offers", {"row": appealed, "me": "mod:2"}), []))
    cases.append((("offers", {"row": appealed, "me": "mod:1"}), ["overturn"]))
    return cases


def small_cases() -> list[tuple[Case, Any]]:
    rows = [
        {"n": 1, "text": "When will the canteen open again?"},
        {"n": 2, "text": "Is the canteen opening again in spring?"},
        {"n": 3, "text": "Who pays for travel?"},
    ]
    return [
        (("staying", {"before": [1, 2, 0]}), [0, 1]),
        (("staying", {"before": [-1, 0, 1, -1, 2]}), [1, 2, 4]),
        (("staying", {"before": []}), []),
        (("pinned", {"wanted": [1, 2, 3], "held": 3, "at": 0}), [3, 1, 2]),
        (("pinned", {"wanted": [1, 2], "held": 9, "at": 0}), [1, 2]),
        (("similar", {"draft": "Will the canteen be open again?", "rows": rows}), [1, 2]),
        (("similar", {"draft": "ok", "rows": rows}), []),
    ]


def every_case() -> list[tuple[Case, Any]]:
    random_ = random.Random(20261123)
    return [
        *ranking_cases(random_),
        *board_cases(random_),
        *digest_cases(random_),
        *search_cases(),
        *outbox_cases(),
        *desk_cases(),
        *small_cases(),
        *difference_cases(),
    ]


def held_against(answers: list[Any], cases: list[tuple[Case, Any]]) -> None:
    assert len(answers) == len(cases)
    for answer, (case, expected) in zip(answers, cases, strict=True):
        assert answer == json.loads(json.dumps(expected)), case


@pytest.mark.skipif(node() is None, reason="no node on this machine")
def test_in_node_the_modules_answer_as_the_server_means() -> None:
    cases = every_case()
    held_against(in_node([case for case, _ in cases]), cases)


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_in_chromium_the_modules_answer_as_the_server_means() -> None:
    cases = every_case()
    held_against(await in_chromium([case for case, _ in cases]), cases)
