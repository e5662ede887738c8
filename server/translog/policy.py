"""C2SP tlog-policy files: which log, which witnesses, and how many of them must have cosigned."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from server.translog.note import COSIGNATURE, ED25519, NoteError, VerifierKey

MAX_BYTES = 65_536
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """At least `least` of `members` (names of witnesses or of other groups)."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A trust rule. `quorum` names a witness or a group, or is `none`. `urls` are where witnesses
    take checkpoints, of those that have one."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str
    urls: Mapping[str, str] = field(default_factory=dict)

    def met_by(self, cosigned: Collection[VerifierKey]) -> bool:
        """True when these witnesses are enough."""
        return self.quorum == "none" or self._holds(self.quorum, cosigned)

    def _holds(self, name: str, cosigned: Collection[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in cosigned
        group = self.groups[name]
        return sum(self._holds(member, cosigned) for member in group.members) >= group.least


class _Reading:
    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.urls: dict[str, str] = {}
        self.used: set[str] = set()
        self.quorum: str | None = None

    def line(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(_key(vkey, ED25519))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, _key(vkey, COSIGNATURE))
                if url:
                    self.urls[name] = url[0]
            case ["group", name, least, *members] if members:
                self._group(name, least, tuple(members))
            case ["quorum", name] if self.quorum is None:
                if name != "none":
                    self._known(name)
                self.quorum = name
            case _:
                raise NoteError(f"the policy's line “{' '.join(words)[:80]}” is not understood")

    def _log(self, key: VerifierKey) -> None:
        if any(other.public == key.public for other in self.logs):
            raise NoteError("the policy names one log twice")
        self.logs.append(key)

    def _witness(self, name: str, key: VerifierKey) -> None:
        self._fresh(name)
        if any(other.public == key.public for other in self.witnesses.values()):
            raise NoteError("the policy names one witness twice")
        self.witnesses[name] = key

    def _group(self, name: str, least: str, members: tuple[str, ...]) -> None:
        self._fresh(name)
        for member in members:
            self._known(member)
            # Each name counts in one place only: no witness may be worth two.
            if member in self.used:
                raise NoteError(f"the policy counts “{member}” twice")
            self.used.add(member)
        words = {"any": 1, "all": len(members)}
        count = words.get(least) or (int(least) if _COUNT.fullmatch(least) else 0)
        if not 1 <= count <= len(members):
            raise NoteError(f"the policy's group “{name}” asks for “{least}” of {len(members)}")
        self.groups[name] = Group(count, members)

    def _fresh(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise NoteError(f"the policy uses the name “{name}” twice")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise NoteError(f"the policy does not say who “{name}” is before naming it")


def _key(text: str, kind: int) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.kind != kind:
        raise NoteError(f"the policy's key {key.name} is of the wrong type")
    return key


def parse(text: str) -> Policy:
    """The policy in a file; NoteError says what is odd in it."""
    if len(text) > MAX_BYTES or _CONTROL.search(text):
        raise NoteError("the policy is too large or holds control characters")
    reading = _Reading()
    for line in text.split("\n"):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            reading.line(words)
    if reading.quorum is None:
        raise NoteError("the policy has no quorum line")
    groups, urls = reading.groups, reading.urls
    return Policy(tuple(reading.logs), reading.witnesses, groups, reading.quorum, urls)


def write(log: VerifierKey, witnesses: Mapping[str, VerifierKey], least: int) -> str:
    """The policy of one log: `least` of these witnesses, none where there are none."""
    lines = [f"log {log.text()}"]
    lines += [f"witness {name} {key.text()}" for name, key in witnesses.items()]
    if not witnesses or not least:
        return "\n".join([*lines, "quorum none"]) + "\n"
    lines += [f"group witnesses {least} {' '.join(witnesses)}", "quorum witnesses"]
    return "\n".join(lines) + "\n"


def without_logs(text: str) -> str:
    """The lines of a policy that name witnesses, groups and quorum: to be put behind any log's line."""
    kept = [line for line in text.splitlines() if line.split()[:1] not in ([], ["log"])]
    return "".join(f"{line}\n" for line in kept if not line.lstrip().startswith("#"))
