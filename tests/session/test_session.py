"""One connection's conversation: what is admitted, what is refused, and in which words."""

from __future__ import annotations

from server.domain.board import Board, Row
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refusal
from server.domain.roles import Role
from server.protocol.inbound import Ask, Hello, Ping, Seen, Vote
from server.protocol.ticket import TicketClaims, sign
from server.session.budget import Budget
from server.session.effects import CastVote, CountSeen, Enter, Hang, Pong, Refuse
from server.session.session import Session

SECRET = b"k" * 32
NOW = 1_000_000
MEETING = Meeting(id="m", slug="s", code="c", epoch="e", created_at=0, title="T")


def board() -> Board:
    made = Board(MEETING, "1-0")
    for n, state in ((1, State.LISTED), (2, State.ANSWERED), (3, State.LISTED)):
        made.put(Row(n, f"q{n}", "text", "en", "ltr", None, state, 0, 0, 0))
    return made


def hello(role: Role = Role.ATTENDEE, expires: int = NOW + 1) -> Hello:
    claims = TicketClaims("m", role, 5, None, "hash", expires)
    return Hello(ticket=sign(SECRET, claims), d="tab")


def entered(role: Role = Role.ATTENDEE, burst: int = 20) -> Session:
    session = Session(SECRET, NOW)
    assert isinstance(session.receive(hello(role), None, NOW)[0], Enter)
    session.enter({3}, Budget(5, burst, NOW))
    return session


def refusal(effect: object) -> Refusal:
    assert isinstance(effect, Refuse)
    return effect.refused.refusal


def test_anything_before_hello_ends_the_connection() -> None:
    effects = Session(SECRET, NOW).receive(Ping(), None, NOW)
    assert isinstance(effects[0], Hang)


def test_a_forged_or_late_ticket_is_told_and_ends_the_connection() -> None:
    for bad in (Hello(ticket="Zm9yZ2Vk", d="tab"), hello(expires=NOW - 1)):
        told, hung = Session(SECRET, NOW).receive(bad, None, NOW)
        assert isinstance(told, Refuse) and isinstance(hung, Hang)


def test_hello_comes_once() -> None:
    assert isinstance(entered().receive(hello(), board(), NOW)[0], Hang)


def test_a_vote_on_a_listed_question_is_cast() -> None:
    effect = entered().receive(Vote(n=1, on=True, c=9, r=4), board(), NOW)[0]
    assert effect == CastVote(4, 1, "q1", True, 9)


def test_votes_on_unknown_own_and_answered_questions_are_refused_by_name() -> None:
    session = entered()
    got = [
        refusal(session.receive(Vote(n=n, on=True, c=1, r=1), board(), NOW)[0]) for n in (9, 3, 2)
    ]
    assert got == [Refusal.UNKNOWN, Refusal.OWN_QUESTION, Refusal.NOT_LISTED]


def test_a_moderator_neither_votes_nor_asks() -> None:
    session = entered(Role.MODERATOR)
    vote = session.receive(Vote(n=1, on=True, c=1, r=1), board(), NOW)[0]
    ask = session.receive(Ask(q="A" * 22, text="May I?", r=2), board(), NOW)[0]
    assert {refusal(vote), refusal(ask)} == {Refusal.FORBIDDEN}


def test_votes_faster_than_a_person_are_told_when_to_try_again() -> None:
    session = entered(burst=1)
    session.receive(Vote(n=1, on=True, c=1, r=1), board(), NOW)
    effect = session.receive(Vote(n=1, on=False, c=2, r=2), board(), NOW)[0]
    assert isinstance(effect, Refuse) and effect.refused.retry_in == 0.2
    later = session.receive(Vote(n=1, on=False, c=2, r=2), board(), NOW + 200)[0]
    assert isinstance(later, CastVote)


def test_each_question_is_counted_as_seen_once_a_connection() -> None:
    session = entered()
    assert session.receive(Seen(n=[1, 2, 77]), board(), NOW) == [CountSeen(frozenset({1, 2}))]
    assert session.receive(Seen(n=[1, 2]), board(), NOW) == []


def test_a_ping_is_answered() -> None:
    assert entered().receive(Ping(), board(), NOW) == [Pong()]
