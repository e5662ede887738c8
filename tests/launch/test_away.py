"""The store frozen and killed under a running server: reading goes on, writes say so, all heals."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.launch.running import Run, eventually
from tests.launch.visiting import Answer, Visitor, question_id

PATIENCE_S = 15.0  # one timeout of the store's client (2 s), on a machine that stands still
NOTICE = "The store does not answer right now."


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The process stands still inside."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def quickly(ask: Callable[[], Answer]) -> Answer:
    """An answer that must not keep anybody waiting."""
    began = time.monotonic()
    found = ask()
    assert time.monotonic() - began < PATIENCE_S
    return found


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Visitor]]:
    """A run with one open meeting of one listed question, and its attendee who has read the board."""
    started = Run(("--port", "0", "--data", str(tmp_path_factory.mktemp("hall")))).start()
    visitor = Visitor(started.url)
    visitor.enter_new_meeting(started.link)
    visitor.ask("Will the canteen open earlier?")
    # The page tells its asker of the question before the board has it as a row.
    eventually(lambda: 'data-n="1"' in visitor.page("").text, "the question on the board")
    yield started, visitor
    assert started.stop() == 0


def test_a_frozen_store_lets_everybody_read_and_saves_nothing(hall: tuple[Run, Visitor]) -> None:
    started, visitor = hall
    (store,) = started.children("store")
    with frozen(store):
        for path in ("", "/q/1", "", ""):
            page = quickly(lambda path=path: visitor.page(path))  # type: ignore[misc]
            assert page.status == 200, path
            assert "canteen" in page.text
            assert NOTICE in page.text
        late = question_id()
        asked = quickly(lambda: visitor.post("/questions", q=late, text="Is it lost?", lang="en"))
        assert (asked.status, asked.code) == (503, "not_saved")
        voted = quickly(lambda: visitor.post("/votes", n=1, on=True, c=1, d="phone"))
        assert (voted.status, voted.code) == (503, "not_saved")
        # Nobody is let in, and no act of staff is taken, on what was known before.
        for refused in (
            quickly(lambda: visitor.post("/join", code=visitor.code)),
            quickly(lambda: visitor.organise("/meetings", title="Another")),
        ):
            assert (refused.status, refused.code) == (503, "not_saved")
        assert started.status("/readyz") == 503
        assert started.status("/healthz") == 200
    eventually(lambda: started.status("/readyz") == 200, "ready again by itself")
    eventually(lambda: NOTICE not in visitor.page("").text, "the notice is gone")
    again = visitor.post("/questions", q=late, text="Is it lost?", lang="en")
    assert again.status in (201, 202)
    eventually(lambda: "Is it lost?" in visitor.page("").text, "the question of the outage")


def test_a_form_keeps_what_was_typed_while_the_store_is_away(hall: tuple[Run, Visitor]) -> None:
    started, visitor = hall
    (store,) = started.children("store")
    visitor.page("")
    with frozen(store):
        answer = quickly(lambda: visitor.form("/ask", text="Do not lose this text", lang="en"))
        assert answer.status == 503
        assert "Do not lose this text" in answer.text
        assert "the store does not answer" in answer.text.lower()
        unknown = quickly(lambda: visitor.page("-never-seen"))
        assert unknown.status == 503
        assert "It comes back by itself." in unknown.text
        assert "data-again" in unknown.text and "js/again.js" in unknown.text
        assert NOTICE not in unknown.text, "there is no last state of it to see"


def test_a_killed_store_loses_nothing_and_comes_back(hall: tuple[Run, Visitor]) -> None:
    started, visitor = hall
    for _ in range(2):
        (store,) = started.children("store")
        os.kill(store, signal.SIGKILL)
        page = quickly(lambda: visitor.page(""))
        assert page.status == 200
        assert "canteen" in page.text
        eventually(lambda: started.status("/readyz") == 200, "ready again by itself")
    eventually(lambda: NOTICE not in visitor.page("").text, "the notice is gone")
    assert "canteen" in visitor.page("").text
