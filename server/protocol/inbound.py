"""What a client may say on a socket: bytes to typed messages, unknown fields refused (docs/wire.md)."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from server.domain.refusals import Refusal, Refused, Sentence

Number = Annotated[int, Meta(ge=1, le=16_777_214)]
Counter = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Reference = Annotated[int, Meta(ge=0, le=2**53 - 1)]
# `$` alone would let a final line feed through; the length does not.
Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Short = Annotated[str, Meta(max_length=64)]


class Hello(msgspec.Struct, tag_field="t", tag="hello", frozen=True, forbid_unknown_fields=True):
    """First message: the signed ticket, this tab's device name, and where it left off."""

    ticket: Annotated[str, Meta(max_length=1024)]
    d: Annotated[str, Meta(pattern=r"^[a-z0-9]{1,12}\Z")]
    epoch: Short | None = None
    pos: Short | None = None


class Vote(msgspec.Struct, tag_field="t", tag="vote", frozen=True, forbid_unknown_fields=True):
    """An absolute wish for one question; `c` grows with each wish, `r` comes back in the answer."""

    n: Number
    on: bool
    c: Counter
    r: Reference


class Locks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SHA-256 of two secrets that the client keeps: `w` to withdraw, `a` to appeal."""

    w: Hex
    a: Hex


class Ask(msgspec.Struct, tag_field="t", tag="ask", frozen=True, forbid_unknown_fields=True):
    """A submission with a client-made id; repeating it is harmless. `after` is the number of an own
    question that was sent back, which this one follows. `salt` and `hl` are made by the client, too."""

    q: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$", max_length=22)]
    text: Annotated[str, Meta(max_length=12_288)]
    r: Reference
    lang: Short | None = None
    name: Annotated[str, Meta(max_length=400)] | None = None
    after: Number | None = None
    salt: Hex | None = None
    hl: Locks | None = None


class Seen(msgspec.Struct, tag_field="t", tag="seen", frozen=True, forbid_unknown_fields=True):
    """Questions that were on this screen for a while; feeds the fair order."""

    n: Annotated[list[Number], Meta(max_length=100)]


class Passive(
    msgspec.Struct, tag_field="t", tag="passive", frozen=True, forbid_unknown_fields=True
):
    """The tab is hidden (on) or looked at again (off)."""

    on: bool


class Ping(msgspec.Struct, tag_field="t", tag="ping", frozen=True, forbid_unknown_fields=True):
    """Is anybody there? Answered with pong."""


Inbound = Hello | Vote | Ask | Seen | Passive | Ping
_DECODER: msgspec.json.Decoder[Inbound] = msgspec.json.Decoder(Inbound)
NOT_UNDERSTOOD = "This message is not understood: {why}"  # what the decoder found stays English
# Every string of a JSON text in turn; those before a colon are keys.
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')


def decode(text: str) -> Inbound:
    """The message in a text frame; refused BAD_INPUT with the field that is wrong."""
    try:
        message = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(Refusal.BAD_INPUT, NOT_UNDERSTOOD, why=str(error)) from None
    # A vote has five members, all needed: with five colons no key can stand twice. This is the one
    # message that comes by the thousand, and looking at its keys would cost ten times its decoding.
    if type(message) is Vote and text.count(":") == 5:
        return message
    # The decoder takes the last of two equal keys; two readers might not agree on that.
    names = [name for name, colon in _STRINGS.findall(text) if colon]
    if len(set(names)) != len(names) or any("\\" in name for name in names):
        raise Refused(Refusal.BAD_INPUT, NOT_UNDERSTOOD, why=Sentence("a key stands twice"))
    return message
