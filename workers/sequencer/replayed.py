"""From a leaf to what the store held of its act: rows, fields, intents. Pure."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from server.domain import rules
from server.domain.ids import code_from, from_bytes
from server.domain.meeting import Meeting, Phase, advance
from server.domain.question import State
from server.domain.rules import Rule
from server.store.rebuilding import NOBODY
from server.translog import leaf
from server.translog.checkpoint import log_id
from server.translog.leaf import Leaf, LeafError
from server.translog.strict import Json
from workers.sequencer.batching import tick_file

UNSCREENED = {"reason": "", "sentence": "", "note": "", "withheld": "0", "target": ""}
LABEL = re.compile(r"(mod|host|org|aud):([0-9]+)")
# What the sequencer adds to these acts.
SUPPLIED = {"log.open": ("origin",), "v.tick": ("sha256",), "log.close": ("counts", "sha256")}
ROLES = {"mod": "moderator", "host": "host", "org": "organiser", "aud": "auditor"}


def told(value: Json) -> str:
    """A leaf's value as the store's rows hold it; '' for null."""
    return "" if value is None else str(value)


def intent(found: Leaf, revision: int | None = None) -> str:
    """The intent that the leaf came of."""
    fields = {name: value for name, value in found.fields.items() if value is not None}
    more: dict[str, Json] = {} if revision is None else {"revision": revision}
    return leaf.intent(found.kind, **fields, **more)


def is_other(body: str, found: Leaf, data: bytes, frozen: Mapping[int, str]) -> bool:
    """True where an act, as the intake holds it, is not the one that became this leaf. `frozen` are the
    tallies that the store has by tick."""
    try:
        supplied = {name: found.fields[name] for name in SUPPLIED.get(found.kind, ())}
        tick = frozen.get(int(str(found.fields["n"]))) if found.kind == "v.tick" else None
        if tick is not None:
            supplied["sha256"] = leaf.sha256_hex(tick_file(int(str(found.fields["n"])), tick))
        return leaf.finish({**leaf.read_intent(body), **supplied}, found.at, found.ref) != data
    except LeafError:
        return True


def row(found: Leaf, number: int, index: int, after: int | None, head: str) -> dict[str, str]:
    """The row of a submission whose text is lost."""
    fields = found.fields
    locks = fields["hl"] if isinstance(fields["hl"], dict) else {}
    return {
        "q": str(fields["q"]),
        "asker": str(NOBODY),
        "received_at": str(found.at * 1000),
        "state": State.RECEIVED.value,
        "votable": "0",
        "revision": "1",
        "votes": "0",
        "c": str(fields["c"]),
        "number": str(number),
        "leaf": str(index),
        "covered": head,
        "lost": "1",
        "lock_w": told(locks.get("w")),
        "lock_a": told(locks.get("a")),
        "after": told(after),
        "lang": "und",
        "dir": "auto",
    }


def decider(found: Leaf) -> str:
    """Who decided, as the store's rows tell."""
    closing = found.kind == "q.end"
    return rules.name(Rule.CLOSING) if closing else told(found.fields.get("by")) or "asker"


def decided(
    found: Leaf,
    before: State,
    words: Callable[[Json], str],
    sentence: Callable[[Json], str],
    number: Callable[[Json], int | None],
) -> dict[str, str]:
    """The fields that a decision leaves in its question's row."""
    f = found.fields
    both = {"by": decider(found), "decided_at": str(found.at * 1000)}
    match found.kind:
        case "q.list" | "q.lapse":
            return both | UNSCREENED
        case "q.screen":
            why = {"reason": told(f["reason"]), "sentence": sentence(f["reason"])}
            more = {"note": words(f["note"]), "withheld": told(f["withheld"])}
            return both | why | more | {"target": told(f["target"])}
        case "q.merge":
            head = {"head": told(f["into"]), "head_number": told(number(f["into"]))}
            return both | head | {"was": before.value}
        case "q.split":
            return both | {"head": "", "head_number": "", "was": ""}
        case "q.word":
            return both | {"wording": words(f["c2"])}
        case "q.hint":
            return both | {"hint": words(f["note"])}
        case "q.pick":
            return both | {"tick": told(f["tick"]), "rank": told(f["rank"])}
        case "q.answer":
            how = {"how": told(f["how"]), "stream_s": told(f["stream_s"])}
            return both | how | {"answer": words(f["c2"])}
        case "q.skip":
            return both | {"skipped": told(f["reason"])}
        case "q.appeal":  # who screened it out must stay known
            return {"appeal": "open", "appeal_note": words(f["note"])}
        case "q.judge" if f["d"] == "overturned":
            return both | UNSCREENED | {"appeal": "overturned"}
        case "q.judge":
            return {"appeal": told(f["d"]), "decided_at": both["decided_at"]}
    return both


def labels(given: dict[str, int], documents: Iterable[str], acts: Iterable[Leaf]) -> None:
    """Raise in `given` the highest label of each role to what these rosters and decisions name."""
    named = [told(act.fields.get(by)) for act in acts for by in ("by", "second")]
    for match in map(LABEL.fullmatch, named):
        if match:
            role = ROLES[match[1]]
            given[role] = max(int(match[2]), given.get(role, 0))
    for text in documents:
        for label in re.findall(r'"label":"(Moderator|Host|Organiser|Auditor) ([0-9]+)"', text):
            role = label[0].lower()
            given[role] = max(int(label[1]), given.get(role, 0))


def unknown(meeting: str, opened: Leaf) -> Meeting:
    """A meeting of which nothing but the log is left: what no leaf carries is a default."""
    limits = opened.fields["limits"] if isinstance(opened.fields["limits"], dict) else {}
    return Meeting(
        id=meeting,
        slug=f"restored-{log_id(meeting)[:8]}",
        code=code_from(secrets.token_bytes(8)),
        epoch="",
        created_at=opened.at * 1000,
        title="Restored meeting",
        phase=Phase(str(opened.fields["phase"])),
        after_display=opened.fields["after_display"] == 1,
        min_chars=int(str(limits.get("min_chars", 10))),
        max_chars=int(str(limits.get("max_chars", 500))),
        submit_limit=int(str(limits.get("submit_limit", 3))),
        readers=str(opened.fields["readers"]),
        admission="roster" if "A1" in str(opened.fields["assurance"]) else "code",
    )


def goes_on(meeting: Meeting, revision: int, phase: str, live_at: int | None) -> Meeting:
    """The meeting at the log's phase and revision, under a new epoch: every page looks anew."""
    order = list(Phase)
    wanted = Phase(phase)
    if order.index(wanted) > order.index(meeting.phase):
        meeting = advance(meeting, wanted)
    if meeting.live_at is None and live_at is not None:
        meeting = replace(meeting, live_at=live_at * 1000)
    revision = max(revision, meeting.revision)
    return replace(meeting, revision=revision, epoch=from_bytes(secrets.token_bytes(6)))


def kept_opening(kind: Json, salt: str, q: Json, text: Json) -> str:
    """An opening beside a question as the store keeps it."""
    return json.dumps({"salt": salt, "text": text, "kind": kind, "q": q})
