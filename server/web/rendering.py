"""What every template is given: sentences, times, addresses, the page's own line (CONTEXT.md)."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import segno
from quart import Quart, g, request

from server import catalogue as sentences
from server.catalogue import DEFAULT, NAMES, catalogue
from server.domain import stream
from server.domain.appeal import Appeal
from server.domain.meeting import Meeting
from server.domain.question import State
from server.domain.refusals import Refused, Sentence
from server.domain.roles import MAY, Act, Role, pseudonym
from server.domain.rules import BY_NAME
from server.domain.screening import SKIP_REASONS
from server.store.question_rows import Question
from server.web import away, people
from server.web.parts import parts
from server.web.record_values import pieces

FRONTEND = Path(__file__).parents[2] / "frontend"
STAFF_SAYS = (
    "js.desk_",
    "js.differ_",
    "js.state_",
    "js.by_",
    "js.stage_",
    "js.export_",
    "js.reason_",
)


def language() -> str:
    """The reader's language: the one chosen, else the browser's best that we speak, else English."""
    chosen = request.cookies.get(people.cookie_name(people.LANGUAGE_COOKIE))
    for asked in (request.args.get("lang"), chosen):
        if asked in NAMES:
            return asked
    return next((tag for tag in _preferred() if tag in NAMES), DEFAULT)


def _preferred() -> list[str]:
    """What the browser asks for, the best first, without regions."""
    # The library's match takes en before de-AT: an exact tag of low quality before a wider one.
    return [tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality]


def language_of(languages: Sequence[str]) -> str:
    """The one of a meeting's languages that a reader writes in, as far as chosen language and browser tell;
    else the meeting's first."""
    chosen = request.cookies.get(people.cookie_name(people.LANGUAGE_COOKIE))
    for wanted in (*filter(None, (request.args.get("lang"), chosen)), *_preferred()):
        for tag in languages:
            if tag.partition("-")[0].lower() == wanted:
                return tag
    return languages[0]


def sentence(key: str, **values: object) -> str:
    """A sentence in the reader's language; with `count` the singular or plural form."""
    if "count" in values and f"{key}.other" in catalogue(DEFAULT):
        key = f"{key}.one" if values["count"] == 1 else f"{key}.other"
    text = catalogue(language()).get(key) or catalogue(DEFAULT).get(key)
    if text is None:
        raise KeyError(f"no sentence {key!r} in the catalogue")
    return text.format(**values)


def said(words: Sentence) -> str:
    """What the rules say, in the reader's language."""
    return sentences.said(language(), words)


def refusal(refused: Refused) -> str:
    """A refusal in the reader's language; an odd field is named as its form names it."""
    label = catalogue(language()).get(f"field.{refused.field}")
    return f"{label}: {said(refused.sentence)}" if label else told(refused)


def told(refused: Refused) -> str:
    """The same for a program: the field by its own name."""
    return sentences.refusal(language(), refused)


def stamp(ms: int) -> dict[str, str]:
    """A time for people (in the meeting's zone) and for machines."""
    zone = ZoneInfo(g.get("zone", "UTC"))
    at = datetime.fromtimestamp(ms / 1000, zone)
    iso = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
    return {"iso": iso, "text": f"{at:%Y-%m-%d %H:%M} {zone.key}"}


def wall_time(ms: int | None, zone: str = "") -> str:
    """A time as a form's field takes it, in the meeting's zone; empty for none."""
    if ms is None:
        return ""
    at = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone or g.get("zone", "UTC")))
    return f"{at:%Y-%m-%dT%H:%M}"


@cache
def _version(path: str) -> str:
    file = FRONTEND / "static" / path
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "0"


def static(path: str) -> str:
    """The address of a static file; it changes with its bytes."""
    return f"/static/{path}?v={_version(path)}"


ACTING = frozenset({"mod", "host", "org", "aud", "asker", "organiser"})


def by_name(by: str) -> str:
    """Who decided, in the reader's language: `mod:2` as "Moderator 2", a rule by what it says."""
    short, _, number = by.partition(":")
    if short == "rule":
        rule = BY_NAME.get(by)
        return sentence(f"by.rule_{rule.value.replace('-', '_')}" if rule else "by.rule")
    # An address may name anybody, also one who never acted here.
    return sentence(f"by.{short}", n=number) if short in ACTING else by


def called(role: Role, label: str | None) -> str:
    """A member of staff's label in the reader's language; "" where there is none yet."""
    return by_name(pseudonym(role, label)) if label else ""


def reason_name(code: str) -> str:
    """A reason as the reader calls it; a meeting's own code as it is."""
    return catalogue(language()).get(f"js.reason_{code}", code)


def skips() -> dict[str, str]:
    """Why the stage may pass a question over, by code, in the reader's language."""
    return {code: sentence(f"skip.{code}") for code in SKIP_REASONS}


def lasting(ms: int) -> str:
    """A length of time in one unit, rounded down, in the reader's language."""
    for unit, size in (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000)):
        if ms >= size:
            return sentence(f"lasting.{unit}", count=ms // size)
    return sentence("lasting.seconds", count=ms // 1000)


def set_up(app: Quart) -> None:
    """Give the templates their globals."""
    app.jinja_env.globals.update(t=sentence, stamp=stamp, static=static, by_name=by_name)
    app.jinja_env.globals.update(
        lasting=lasting, pieces=pieces, skip_words=skips, reason_name=reason_name
    )
    app.jinja_env.globals.update(
        moment=stream.moment, clock=stream.clock, watch_address=stream.watch_address
    )


def _languages() -> list[dict[str, str]]:
    """This page in each language. What a form answered has no address: its meeting's board, then."""
    words = request.path.split("/")
    path = request.path
    if request.method != "GET":
        path = f"/m/{words[2]}" if len(words) > 2 and words[1] == "m" else "/"
    kept = request.args.to_dict() if request.method == "GET" else {}
    return [
        {"code": code, "name": name, "href": f"{path}?{urlencode({**kept, 'lang': code})}"}
        for code, name in NAMES.items()
    ]


def _known(person: people.Person) -> bool:
    """False for an attendee whose voter number was destroyed when the meeting closed."""
    return person.sign_in is not None and person.sign_in.voter is not None


def attendee_sentences() -> dict[str, str]:
    """What the scripts of a board say. A first visit is sent none of what desk, stage and exports say."""
    said = catalogue(language()).items()
    return {k: v for k, v in said if k.startswith("js.") and not k.startswith(STAFF_SAYS)}


def page(title: str, person: people.Person | None = None, **more: object) -> dict[str, Any]:
    """The `page` value, wrapped for render_template."""
    lang = language()
    sign_in = None
    if person is not None and person.role.value != "reader":
        label = called(person.role, person.sign_in.label if person.sign_in else None)
        may = [
            act.value for act in MAY[person.role] if act is not Act.LINK_DEVICE or _known(person)
        ]
        sign_in = {"role": person.role.value, "label": label, "may": may}
    told = {
        "lang": lang,
        "dir": "ltr",
        "title": title,
        "csrf": people.form_token(),
        "base": parts().public_url,
        "languages": _languages(),
        "path": request.path,
        "sign_in": sign_in,
        "sentences": {k: v for k, v in catalogue(lang).items() if k.startswith("js.")},
        "notice": sentence("away.notice") if away.noticed() else None,
    }
    return {"page": {**told, **more}}


def join_address(meeting: Meeting) -> str:
    """Where people join; with the open code as a fragment, which browsers send to no server: no log or
    proxy sees it, and the page fills it in."""
    address = f"{parts().public_url}/m/{meeting.slug}/join"
    return f"{address}#{meeting.code}" if meeting.admission == "code" else address


def meeting_value(meeting: Meeting) -> dict[str, Any]:
    """The `meeting` value; times of this request are shown in its zone from here on."""
    g.zone = meeting.zone
    names = "slug title description zone accent admission code min_chars max_chars starts_at"
    names += " after_display stream_url revision asking_from asking_until voting_from voting_until"
    names += " logo readers stream_delay_s live_at"
    told: dict[str, Any] = {name: getattr(meeting, name) for name in names.split()}
    return told | {
        "phase": meeting.phase.value,
        "voting": meeting.votes_open(),
        "asking_on": meeting.asking,
        "voting_on": meeting.voting,
        "asking": meeting.asks_open(),
        "languages": list(meeting.languages),
    }


def own_value(meeting: Meeting, question: Question, fate: str) -> dict[str, Any]:
    """A question as its asker sees it."""
    return {
        "q": question.q,
        "number": question.number,
        "text": question.text,
        "lang": question.lang,
        "dir": question.dir,
        "state": question.state.value,
        "votes": question.votes,
        "at": question.received_at,
        "revision": question.revision,
        "reason": question.reason,
        "reason_sentence": question.sentence or None,
        "note": question.note or None,
        "target": question.target,
        "gone": question.gone,
        "erasable": question.number is not None and not question.erased,
        "withdrawable": question.state.value in ("received", "listed"),
        "hint": question.hint or None,
        "wording": question.wording or None,
        "head": question.head_number,
        "appeal": question.appeal.value,
        "appeal_note": question.appeal_note or None,
        "appealable": question.state is State.SCREENED_OUT and question.appeal is Appeal.NONE,
        "stream_s": question.stream_s if question.state is State.ANSWERED else None,
        "answer": question.answer or None if question.state is State.ANSWERED else None,
        "after": question.after,
        "locked": bool(question.lock_w),
        "fate": fate,
    }


def qr(address: str) -> str:
    """A QR code as a data address of an SVG."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
