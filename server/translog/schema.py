"""Every type of leaf and its fields (docs/log.md, "The acts"): one table, for writing and for reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from server.translog.strict import WHOLE_MAX, Json


@dataclass(frozen=True, slots=True)
class Field:
    """What a field may hold. One that may be null may be left out of an intent, never of a leaf."""

    holds: Callable[[Json], bool]
    words: str
    null: bool = False

    def or_null(self) -> Field:
        """The same, or null."""
        return Field(self.holds, f"{self.words}, or null", True)

    def check(self, name: str, value: Json) -> None:
        """Return when `value` fits; ValueError otherwise."""
        if not (value is None and self.null) and (value is None or not self.holds(value)):
            raise ValueError(f"{name}: must be {self.words}")


def _like(pattern: str, words: str) -> Field:
    whole = re.compile(pattern)
    return Field(lambda value: isinstance(value, str) and bool(whole.fullmatch(value)), words)


def _one_of(*choices: str) -> Field:
    return Field(lambda value: value in choices, " or ".join(choices))


def _is_whole(value: Json, least: int = 0, most: int = WHOLE_MAX) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _object(fields: Mapping[str, Field], words: str) -> Field:
    def holds(value: Json) -> bool:
        if not isinstance(value, dict) or set(value) != set(fields):
            return False
        return all(
            (item is None and fields[name].null) or (item is not None and fields[name].holds(item))
            for name, item in value.items()
        )

    return Field(holds, words)


def _is_counts(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= 24
        and all(re.fullmatch(r"[a-z][a-z_]{0,23}", name) for name in value)
        and all(_is_whole(item) for item in value.values())
    )


def _is_erasable(value: Json) -> bool:
    return value in (["salt", "text"], ["salt"], ["text"])


# The last of 22 base64url characters carries two bits of the 128: one spelling for each id.
QUESTION = _like(r"[A-Za-z0-9_-]{21}[AQgw]", "a question's id")
HASH = _like(r"[0-9a-f]{64}", "64 lower-case hex digits")
CODE = _like(r"[a-z][a-z0-9_-]{0,39}", "a code of small letters, digits and dashes")
BY = _like(
    r"(?:mod|host|org|aud):[1-9][0-9]{0,5}|rule:[a-z0-9][a-z0-9-]{0,39}",
    "a pseudonym such as mod:3, or rule:NAME",
)
WHOLE = Field(_is_whole, "a whole number")
COUNT = Field(lambda value: _is_whole(value, 1), "a whole number from 1")
FLAG = Field(lambda value: _is_whole(value, 0, 1), "0 or 1")
ORIGIN = _like(r"[!-*,-~]{1,200}", "an origin without blanks and plus")
VKEY = _like(r"[!-*,-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", "a verifier key, NAME+ID+KEY")
WORDS = _like(r"[ -~]{1,100}", "up to 100 plain characters")
LOCKS = _object({"w": HASH, "a": HASH}, "{w, a}, two hashes").or_null()
HEAD = _object({"origin": ORIGIN, "size": WHOLE, "root": HASH}, "{origin, size, root}").or_null()
LIMITS = _object(
    {"min_chars": COUNT, "max_chars": COUNT, "submit_limit": COUNT},
    "{min_chars, max_chars, submit_limit}",
)
TIME = WHOLE.or_null()
WINDOWS = _object(
    {
        "starts_at": TIME,
        "asking_from": TIME,
        "asking_until": TIME,
        "voting_from": TIME,
        "voting_until": TIME,
    },
    "five times in epoch seconds, or nulls",
)
PHASE = _one_of("announced", "collecting", "live", "closed", "archived")
_MADE_BY_LOG: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "log.open": frozenset({"origin"}),
        "v.tick": frozenset({"sha256"}),
        "log.close": frozenset({"counts", "sha256"}),
    }
)

ACTS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        "log.open": {
            "origin": ORIGIN,
            "phase": PHASE,
            "policy": HASH,
            "reasons": HASH,
            "ranking": WORDS,
            "windows": WINDOWS,
            "limits": LIMITS,
            "after_display": FLAG,
            "readers": _one_of("everyone", "link", "attendees"),
            "assurance": _like(r"A[0-3](?: A[0-3]){0,3}", "labels A0 to A3"),
            "roster": HASH.or_null(),
            "next_key": HASH.or_null(),
            "prev": HEAD,
        },
        "log.key": {"vkey_new": VKEY, "from_size": COUNT},
        "log.close": {"counts": Field(_is_counts, "numbers by state"), "sha256": HASH},
        "m.phase": {"phase": PHASE, "by": BY.or_null()},
        "m.rule": {"what": CODE, "old": HASH, "new": HASH, "by": BY},
        "m.role": {"roster": HASH, "by": BY.or_null()},
        "m.hold": {"rule": CODE, "count": COUNT},
        "v.tick": {"n": COUNT, "sha256": HASH, "eligible": WHOLE, "active": WHOLE},
        "q.received": {
            "q": QUESTION,
            "c": HASH,
            "hl": LOCKS,
            "via": _one_of("web", "api", "socket", "import"),
            "assurance": _like(r"A[0-3]", "A0 to A3"),
            "after": QUESTION.or_null(),
        },
        "q.list": {"q": QUESTION, "by": BY},
        "q.screen": {
            "q": QUESTION,
            "reason": CODE,
            "target": COUNT.or_null(),
            "withheld": FLAG,
            "votes": WHOLE,
            "note": HASH.or_null(),
            "by": BY,
            "second": BY.or_null(),
        },
        "q.propose": {
            "q": QUESTION,
            "act": _one_of("screen", "merge"),
            "reason": CODE.or_null(),
            "by": BY,
        },
        "q.lapse": {"q": QUESTION},
        "q.merge": {"q": QUESTION, "into": QUESTION, "by": BY, "second": BY.or_null()},
        "q.split": {"q": QUESTION, "by": BY},
        "q.word": {"q": QUESTION, "c2": HASH.or_null(), "by": BY},
        "q.hint": {"q": QUESTION, "note": HASH, "by": BY},
        "q.pick": {"q": QUESTION, "tick": COUNT, "rank": COUNT, "by": BY},
        "q.return": {"q": QUESTION, "by": BY},
        "q.answer": {
            "q": QUESTION,
            "how": _one_of("air", "writing"),
            "stream_s": WHOLE.or_null(),
            "c2": HASH.or_null(),
            "by": BY,
        },
        "q.skip": {"q": QUESTION, "reason": CODE, "by": BY},
        "q.withdraw": {"q": QUESTION, "pre": HASH.or_null()},
        "q.appeal": {"q": QUESTION, "pre": HASH.or_null(), "note": HASH.or_null()},
        "q.judge": {
            "q": QUESTION,
            "d": _one_of("upheld", "overturned"),
            "reason": CODE.or_null(),
            "by": BY,
        },
        "q.end": {"q": QUESTION, "d": _one_of("not_reached", "not_reviewed")},
        "q.erase": {
            "q": QUESTION,
            "what": Field(_is_erasable, "some of salt and text, in this order"),
            "basis": _one_of("author", "law", "court", "retention"),
            "pre": HASH.or_null(),
        },
    }
)

# Read and finished, never committed by this version's sequencer: a log of a later version is no
# evidence of cheating for today's readers.
RESERVED = frozenset({"log.key", "q.propose", "q.lapse"})


def has_ref(kind: str) -> bool:
    """True for acts on a question that is in the log already: their leaf names its previous leaf."""
    return kind.startswith("q.") and kind != "q.received"


def made_by_log(kind: str) -> frozenset[str]:
    """The fields that no intent brings: the sequencer knows them when it finishes the leaf."""
    return _MADE_BY_LOG.get(kind, frozenset())


def aside(kind: str) -> frozenset[str]:
    """What an intent of this type may carry beside the leaf's fields: it is read, never logged."""
    if kind.startswith("q."):
        return frozenset({"revision"})
    return frozenset({"meeting", "role"} if kind == "m.role" else {"meeting"})
