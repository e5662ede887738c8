"""Every Redis key the system owns: name, type, lifetime. No key is spelled anywhere else.

`{meeting}` is the cluster hash tag: all keys of one meeting live in one slot, so that one function
call can change them together. Keys without a tag are single lookups of the whole deployment.
"""

from __future__ import annotations

MEETINGS = "of:meetings"
"""STREAM of meeting ids, one entry per creation; bounded by the number of meetings."""

ORGANISERS = "of:organisers"
"""HASH digest -> JSON {kind: link|sign_in, expires}. Checked on use, swept by the clock."""

CLOCK = "of:clock"
"""STRING lease of the one acting clock; expires by itself within seconds."""

WAKE = "of:wake"
"""PUB/SUB channel: the id of a meeting whose stream has an urgent entry. A hint; the tick finds it."""

PROBE = "of:probe"
"""STRING written to see whether the store takes writes; expires within seconds."""


def slug(name: str) -> str:
    """STRING meeting id for an address. Lives as long as the meeting."""
    return f"of:slug:{name}"


def code(value: str) -> str:
    """STRING meeting id for an open join code. Lives as long as the meeting."""
    return f"of:code:{value}"


def _of(meeting: str, rest: str) -> str:
    return f"of:{{{meeting}}}:{rest}"


def meeting(m: str) -> str:
    """HASH {json, revision, voting, asking, ended: 0|1, joined: how, once somebody did, final_tick, held:
    refused since held_told (ms), log_closed 0|1, unwritten: why, rebuilt: leaves}; for good."""
    return _of(m, "meeting")


def question(m: str, q: str) -> str:
    """HASH of one question: text, lang, name, asker, salt, c, state, votable, revision, number,
    leaf (its index), covered (the first signed checkpoint over it), votes, received_at, decided_at,
    reason, sentence (of the reason, as it was), note, withheld, by, wording, hint, skipped (the stage's last
    reason), appeal, head, members and askers (counts), was (its state before a merge), after, people (who ask
    it, as last counted), erased (why the text is gone). Rebuilt: lost 1, tally (as frozen), asker -1."""
    return _of(m, f"q:{q}")


def voters(m: str, q: str) -> str:
    """BITMAP over voter numbers, one bit per upvote. Lives until the meeting is archived."""
    return _of(m, f"voters:{q}")


def ranked(m: str) -> str:
    """ZSET rank:listed: question -> votes * 2^24 + (2^24-1 - number); highest is most wanted."""
    return _of(m, "rank:listed")


def waiting(m: str) -> str:
    """ZSET queue:waiting:age: question -> received at (epoch ms); lowest has waited longest."""
    return _of(m, "queue:waiting:age")


def by_askers(m: str) -> str:
    """ZSET queue:waiting:askers: question -> how many people ask it, itself and its copies."""
    return _of(m, "queue:waiting:askers")


def appeals(m: str) -> str:
    """ZSET queue:appeals: question -> appealed at (epoch ms); lowest has waited longest."""
    return _of(m, "queue:appeals")


def line(m: str) -> str:
    """ZSET stage:next: question -> place; the listed questions that go on air next."""
    return _of(m, "stage:next")


def line_revision(m: str) -> str:
    """STRING that grows with each change of the line: two who arrange it never overwrite each other."""
    return _of(m, "stage:revision")


def record(m: str) -> str:
    """ZSET of every question that was ever screened out -> public number."""
    return _of(m, "record")


def rule_log(m: str) -> str:
    """LIST of the desk log's entries that opened the meeting or changed its settings or phase."""
    return _of(m, "rule_log")


def delays(m: str) -> str:
    """ZSET question -> milliseconds from receipt to the first decision; its middle is the median."""
    return _of(m, "delays")


def lineage(m: str) -> str:
    """HASH public number -> head's public number, of every question that is merged now."""
    return _of(m, "lineage")


def members(m: str, q: str) -> str:
    """HASH member question -> its asker's voter number, of the questions merged into `q`."""
    return _of(m, f"members:{q}")


def alone(m: str, q: str) -> str:
    """BITMAP: the votes of a head itself; its `voters` hold the group's union while it has members."""
    return _of(m, f"alone:{q}")


def took_back(m: str, q: str) -> str:
    """BITMAP: who took their vote for a group back since its last merge or split."""
    return _of(m, f"took_back:{q}")


def barred(m: str, q: str) -> str:
    """BITMAP: the askers of a head and its members, who cannot vote for the group."""
    return _of(m, f"barred:{q}")


def scratch(m: str, which: int) -> str:
    """BITMAP that lives within one function call."""
    return _of(m, f"scratch:{which}")


def active(m: str) -> str:
    """BITMAP over voter numbers: of whom a vote, or its taking back, was counted at least once."""
    return _of(m, "voters:active")


def ticks(m: str) -> str:
    """HASH n -> JSON {at, eligible, active, ranking}: tallies frozen at the n-th tick."""
    return _of(m, "ticks")


def screened(m: str) -> str:
    """ZSET of screened-out questions -> decided at (epoch ms)."""
    return _of(m, "screened_out")


def answered(m: str) -> str:
    """ZSET of answered questions -> decided at (epoch ms)."""
    return _of(m, "answered")


def on_air(m: str) -> str:
    """ZSET of the question on air -> since (epoch ms); at most one member."""
    return _of(m, "on_air")


def numbers(m: str) -> str:
    """HASH public number -> question id, gap-free from 1."""
    return _of(m, "numbers")


def intake(m: str) -> str:
    """STREAM of log intents {id, intent}: the log's intake. Nothing is trimmed before the sequencer
    has committed it."""
    return _of(m, "intake")


def desk_log(m: str) -> str:
    """STREAM {intent, at}: every act by anyone, for the desk; never trimmed, nothing is edited."""
    return _of(m, "desk_log")


def history(m: str, q: str) -> str:
    """LIST of ids in the desk's log: what happened to one question, oldest first."""
    return _of(m, f"history:{q}")


def openings(m: str) -> str:
    """HASH commitment -> JSON {salt, text, kind, q}: notes, hints, wordings, written answers."""
    return _of(m, "openings")


def log(m: str) -> str:
    """HASH {size, root, served, aside, unlogged, at, rebuilt, left | halted}: what the sequencer told."""
    return _of(m, "log")


def cursor(m: str) -> str:
    """HASH {intake: last stream id the sequencer took, numbered: last public number}."""
    return _of(m, "cursor")


def events(m: str) -> str:
    """STREAM of changes (ids and totals, never text), at most EVENTS_KEPT entries."""
    return _of(m, "events")


def seen_counters(m: str) -> str:
    """HASH voter*16+device slot -> highest vote counter; 16 slots a voter. Ends with the meeting."""
    return _of(m, "counters")


def exposure(m: str) -> str:
    """HASH public number -> how often the question was on somebody's screen."""
    return _of(m, "exposure")


def free_numbers(m: str) -> str:
    """SET of voter numbers not yet given out in the current block of 1,024."""
    return _of(m, "voters:free")


def voter_count(m: str) -> str:
    """STRING: end of the highest block of voter numbers opened so far."""
    return _of(m, "voters:opened")


def sign_in(m: str, digest: str) -> str:
    """HASH {role, voter, label, expires}. Expires by itself; an attendee's loses its voter number when
    the meeting closes, and is good for reading alone from then on."""
    return _of(m, f"signin:{digest}")


def attendees(m: str) -> str:
    """SET of the digests of attendees' sign-ins. Emptied when the meeting closes."""
    return _of(m, "attendees")


def roster(m: str) -> str:
    """HASH code digest -> '' while unused, 'used' afterwards."""
    return _of(m, "roster")


def staged_roster(m: str, batch: str) -> str:
    """SET of code digests on their way into the roster. Expires by itself within an hour."""
    return _of(m, f"roster:{batch}")


def device_link(m: str, digest: str) -> str:
    """STRING voter number behind a one-time link for another device. Expires by itself."""
    return _of(m, f"device:{digest}")


def staff(m: str) -> str:
    """HASH {json, revision}: all appointments (role, label, digests of link and sign-in, salt, the
    organiser's note) and how many labels were given. Lives as long as the meeting."""
    return _of(m, "staff")


def rules(m: str) -> str:
    """HASH sha256 -> document (policy, reasons, settings, roster) that a log entry commits to."""
    return _of(m, "rules")


def logo(m: str) -> str:
    """HASH name (hash.kind) -> base64 of the meeting's logo; one entry, the former goes."""
    return _of(m, "logo")


def asked(m: str, voter: int) -> str:
    """SET of question ids by one asker. Destroyed when the meeting closes."""
    return _of(m, f"asked:{voter}")


def analysis(m: str) -> str:
    """HASH {done: the last public number that was analysed}."""
    return _of(m, "analysis")


def analysed(m: str, what: str) -> str:
    """HASH question -> its `copies` (the first of its group, itself when alone), `signatures` (MinHash in
    hex; leave with the text) or `similar` (JSON [[question, likeness 0..1], ...], best first, ten)."""
    return _of(m, f"analysis:{what}")


def dismissed(m: str) -> str:
    """HASH "question question" (in order of ids) -> who dismissed the suggestion."""
    return _of(m, "analysis:dismissed")


def exports(m: str) -> str:
    """HASH export id -> JSON of server/domain/export.py; at most KEPT. Lives as long as the meeting."""
    return _of(m, "exports")


def export_file(m: str, export: str, sha256: str, part: str = "") -> str:
    """STRING the bytes of an export, in the jobs' store; `part` while it is written. Expires by itself."""
    return _of(m, f"export:{export}:{sha256}{part}")


def fates(m: str) -> str:
    """HASH capability digest -> question id."""
    return _of(m, "fates")


def bucket(name: str) -> str:
    """HASH {tokens, at}: a token bucket. Expires when it would be full again."""
    return f"of:bucket:{name}"
