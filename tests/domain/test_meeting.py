"""What organisers type is taken or refused by name; windows open and close once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.meeting import Meeting, Phase, advance, due
from server.domain.meeting_fields import changed, local_time
from server.domain.refusals import Refusal, Refused

MEETING = Meeting(id="m", slug="s", code="c", epoch="e", created_at=0, title="Town hall")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"),
        ("title", 7),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("languages", "english please"),
        ("accent", "red"),
        ("stream_url", "javascript:alert(1)"),
        ("stream_url", "http://insecure.example/live"),
        ("max_chars", "2001"),
        ("min_chars", True),
        ("readers", "nobody"),
        ("phase", "later"),
        ("reasons", [{"code": "Bad Code", "sentence": "A sentence."}]),
        ("starts_at", "tomorrow"),
        ("revision", 9),
        ("id", "another"),
    ],
)
def test_an_odd_setting_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        changed(MEETING, {field: value})
    assert refused.value.refusal is Refusal.BAD_INPUT
    assert refused.value.field == field


def test_a_time_is_read_in_the_meetings_zone() -> None:
    assert local_time("starts_at", "2026-11-23T15:00", "UTC") == 1_795_446_000_000
    assert local_time("starts_at", "2026-11-23T16:00", "Europe/Paris") == 1_795_446_000_000


@pytest.mark.parametrize(
    ("wall", "words"),
    [("2026-03-29T02:30", "does not exist"), ("2026-10-25T02:30", "happens twice")],
)
def test_a_time_that_a_clock_change_skips_or_doubles_is_refused(wall: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        local_time("starts_at", wall, "Europe/Paris")


def test_a_window_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(Refused, match="asking_until"):
        changed(MEETING, {"asking_from": 2000, "asking_until": 1000})


def test_a_phase_never_goes_back_and_closing_ends_asking_and_voting() -> None:
    closed = advance(MEETING, Phase.CLOSED)
    assert not closed.asking and not closed.voting
    with pytest.raises(Refused):
        advance(closed, Phase.LIVE)


def test_a_window_acts_once_and_does_not_overrule_a_later_hand() -> None:
    meeting = replace(MEETING, voting=False, voting_from=1000, voting_until=5000)
    opened = due(meeting, 1500)
    assert opened.voting
    by_hand = replace(opened, voting=False)
    assert due(by_hand, 2000) == by_hand
    assert not due(replace(by_hand, voting=True), 5000).voting
