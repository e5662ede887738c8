"""What the server says on a socket: values to bytes, encoded once however many listen."""

from __future__ import annotations

import msgspec

from server.domain.refusals import Refused

_ENCODER = msgspec.json.Encoder()


def encode(message: dict[str, object]) -> bytes:
    """The message as compact JSON."""
    return _ENCODER.encode(message)


def welcome(role: str, votes: list[int], own: list[int], counter: int, at: str) -> bytes:
    """The answer to hello: who this is, what stands already and since when, the counter to go on from."""
    told = {"t": "welcome", "role": role, "votes": votes, "own": own, "c": counter, "at": at}
    return encode(told)


def own(votes: list[int], asked: list[int], at: str) -> bytes:
    """All that this person voted for and asked, since when it is so: they cast something elsewhere."""
    return encode({"t": "own", "votes": votes, "own": asked, "at": at})


def ack(r: int, n: int, on: bool, votes: int, at: str) -> bytes:
    """A durable vote, counted at this place in the event stream."""
    # Written out: the one message that is made for each vote (tests/protocol holds it against JSON).
    standing = b"true" if on else b"false"
    return b'{"t":"ack","r":%d,"n":%d,"on":%b,"votes":%d,"at":"%b"}' % (
        *(r, n, standing, votes),
        at.encode(),
    )


def refused(r: int | None, refusal: Refused, words: str, counter: int | None = None) -> bytes:
    """A typed no, in the reader's `words`, with the seconds to wait where waiting helps."""
    message: dict[str, object] = {
        "t": "refused",
        "r": r,
        "code": refusal.refusal.value,
        "message": words,
        "retry_in": refusal.retry_in,
    }
    if counter is not None:
        message["c"] = counter
    return encode(message)


def asked(r: int, q: str, number: int | None, fate: str) -> bytes:
    """A durable submission; the number may follow later."""
    return encode({"t": "asked", "r": r, "q": q, "number": number, "fate": fate})


PONG = encode({"t": "pong"})


def bye(spread_s: float) -> bytes:
    """The server ends; come back within so many seconds, spread out."""
    return encode({"t": "bye", "spread": spread_s})
