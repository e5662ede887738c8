"""The shape of a submission's one function call."""

from __future__ import annotations

import json
from collections.abc import Mapping

from server.store import keys

FUNCTION = "submit_question"


def command(
    m: str, q: str, voter: int, fields: Mapping[str, str], entry: str, fate: str, now: int
) -> tuple[list[str], list[str | int]]:
    """Keys and arguments: the question's fields, its intent, the hash of its fate's capability."""
    used = [
        keys.question(m, q),
        keys.intake(m),
        keys.waiting(m),
        keys.asked(m, voter),
        keys.meeting(m),
        keys.fates(m),
        keys.desk_log(m),
        keys.history(m, q),
        keys.by_askers(m),
    ]
    return used, [q, now, voter, json.dumps(dict(fields)), entry, fate]
