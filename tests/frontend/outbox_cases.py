"""Stories of the page's outbox: a step, and what it says and holds then."""

from __future__ import annotations

from typing import Any

from tests.frontend.running import Case


def outbox_cases() -> list[tuple[Case, Any]]:
    later = {"r": 1, "code": "too_fast", "message": "", "retry_in": 2}
    stale = {"r": 1, "code": "stale", "message": "", "retry_in": None, "c": 900}
    no = {"r": 1, "code": "own_question", "message": "", "retry_in": None}
    vote = {"t": "vote", "n": 7, "on": True, "c": 500, "r": 1}

    def own(numbers: list[int], at: str) -> dict[str, Any]:
        return {"votes": numbers, "own": [], "c": 4, "at": at}

    def after(pending: list[int], confirmed: list[int], **more: Any) -> dict[str, Any]:
        return {**more, "pending": pending, "confirmed": confirmed}

    wish: tuple[list[Any], Any] = (["wish", 7, True, 500], after([7], [], message=vote))
    stories: list[list[tuple[list[Any], Any]]] = [
        [
            wish,
            (["lead", 7], after([7], [], value=1)),
            (["acknowledged", {"n": 7, "on": True, "r": 1, "at": "5-0"}], after([], [7])),
            (["lead", 7], after([], [7], value=0)),
        ],
        [
            wish,
            (["refused", no, 501], after([], [], again=None, wait=0, undone=7)),
            (["ticked", 7], after([], [], value=False)),
        ],
        [wish, (["refused", later, 501], after([7], [], again=vote, wait=2, undone=None))],
        [wish, (["refused", later, 501, 0.5], after([7], [], again=vote, wait=3, undone=None))],
        [
            wish,
            (
                ["refused", stale, 501],
                after([7], [], again={**vote, "c": 901, "r": 2}, wait=0, undone=None),
            ),
        ],
        # A newer wish stands when the older one is answered.
        [
            wish,
            (
                ["wish", 7, False, 500],
                after([7], [], message={**vote, "on": False, "c": 501, "r": 2}),
            ),
            (["acknowledged", {"n": 7, "on": True, "r": 1, "at": "5-0"}], after([7], [7])),
            (["ticked", 7], after([7], [7], value=False)),
        ],
        # Merged while a wish is on its way: it counts for the head, under whichever number it is told.
        [
            wish,
            (["merged", [[7, 9]]], after([9], [])),
            (["acknowledged", {"n": 9, "on": True, "r": 1, "at": "5-0"}], after([], [9])),
            (["merged", [[9, 4]]], after([], [9, 4])),
        ],
        # After a reconnect what was not answered is sent again, with the same counter.
        [wish, (["welcomed", own([3], "4-0")], after([7], [3], messages=[vote]))],
        # An answer that was overtaken, by a later one or by all own votes, undoes nothing.
        [
            wish,
            (["acknowledged", {"n": 7, "on": False, "r": 0, "at": "5-1"}], after([7], [])),
            (["acknowledged", {"n": 7, "on": True, "r": 1, "at": "5-0"}], after([], [])),
            (["acknowledged", {"n": 7, "on": True, "r": 0, "at": "10-0"}], after([], [7])),
            (["exchanged", own([], "12-0")], after([], [])),
            (["acknowledged", {"n": 7, "on": True, "r": 0, "at": "11-0"}], after([], [])),
        ],
        # All own votes, told beside an open line: what was answered since, or told later, is newer.
        [
            wish,
            (["acknowledged", {"n": 7, "on": True, "r": 1, "at": "6-0"}], after([], [7])),
            (["reminded", own([3], "5-0")], after([], [3, 7])),
            (["reminded", own([4], "4-9")], after([], [3, 7])),
            (["reminded", own([4], "10-0")], after([], [4])),
        ],
    ]
    return [
        (
            ("outbox", {"confirmed": [], "steps": [step for step, _ in story]}),
            [out for _, out in story],
        )
        for story in stories
    ]
