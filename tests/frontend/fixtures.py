"""A value for every template's context (frontend/templates/CONTEXT.md), small and full."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import segno

from server.domain import stream
from server.web.record_values import pieces
from tests.frontend.desk_fixtures import at_desk, desk_log, desk_row
from tests.frontend.job_fixtures import job_pages
from tests.frontend.own_fixtures import LOG, own_pages
from tests.frontend.record_fixtures import erasing, record_values
from tests.frontend.running import ROOT
from tests.frontend.stage_fixtures import stage_pages

NOW = 1_795_465_000_000
LONG = (
    "Why was the decision about the office in the north taken without asking those who work there? "
)
FRONTEND = ROOT / "frontend"


def catalogue(lang: str) -> dict[str, str]:
    """All sentences of a language."""
    entries = json.loads((FRONTEND / "catalogue" / f"{lang}.json").read_text(encoding="utf-8"))
    return {key: text for key, text in entries.items() if key != "_notes"}


def environment(lang: str) -> jinja2.Environment:
    """The templates with their globals; a name that is not given is an error."""
    sentences = catalogue(lang)

    def t(key: str, **values: object) -> str:
        if "count" in values and f"{key}.other" in sentences:
            key += ".one" if values["count"] == 1 else ".other"
        return sentences[key].format(**values)

    loader = jinja2.FileSystemLoader(FRONTEND / "templates")
    env = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    env.globals.update(
        t=t,
        stamp=lambda ms: {"iso": "2026-11-23T14:00:00+00:00", "text": "2026-11-23 14:00 UTC"},
        static=lambda path: f"/frontend/static/{path}",
        lasting=lambda ms: t("lasting.minutes", count=ms // 60_000),
        skip_words=dict,
        reason_name=lambda code: sentences.get(f"js.reason_{code}", code),
        pieces=pieces,
        moment=stream.moment,
        clock=stream.clock,
        watch_address=stream.watch_address,
        by_name=lambda by: t(f"by.{by.partition(':')[0]}", n=by.partition(":")[2]),
    )
    return env


def row(n: int, votes: int, text: str, **more: Any) -> dict[str, Any]:
    """A row of the board."""
    base = {"lang": "en", "dir": "ltr", "by": None, "state": "listed", "at": NOW - n * 60_000}
    seen = {"askers": 1, "seen": 4, "mine": False, "own": False, "wording": None, "gone": None}
    return {"n": n, "votes": votes, "text": text, **base, **seen, **more}


ROWS = [
    row(12, 391, "Will the bonus freeze end in March?", mine=True),
    row(31, 377, "When do we learn which teams move?", by="Ada Example"),
    row(44, 212, "متى تُفتح المقصف مرة أخرى؟", lang="ar", dir="rtl"),
    row(45, 90, "Werden Reisezeiten künftig als Arbeitszeit gezählt?", lang="de", own=True),
    row(51, 12, "Has the canteen question been answered?", state="answered"),
    row(60, 3, LONG * 21, seen=0),
    row(61, 0, "<script>alert(1)</script> & \u201cquotes\u201d"),
]
MEETING: dict[str, Any] = {
    "slug": "autumn", "title": "Autumn town hall", "description": "Questions to the board.",
    "phase": "live", "zone": "Europe/Berlin", "accent": "#0b6e69", "admission": "code",
    "logo": "", "readers": "link", "voting_on": True, "asking_on": True,
    "code": "AB12-CD34", "voting": True, "asking": True, "min_chars": 10, "max_chars": 500,
    "languages": ["en", "de", "ar"], "starts_at": NOW, "after_display": False,
    "stream_delay_s": 20, "live_at": NOW, "stream_url": "https://stream.example/live",
    "revision": 4, "asking_from": NOW,
    "asking_until": None, "voting_from": None, "voting_until": None,
}  # fmt: skip
OWN: dict[str, Any] = {
    "q": "q" * 22, "number": 87, "text": "Why did the plan change in June?", "lang": "en",
    "dir": "ltr", "state": "received", "votes": 0, "at": NOW - 300_000, "revision": 1,
    "reason": None, "reason_sentence": None, "note": None, "withdrawable": True, "erasable": True,
    "fate": "/m/autumn/fate/cap", "target": None, "hint": None, "wording": None, "head": None,
    "appeal": "", "appeal_note": None, "appealable": False, "stream_s": None, "answer": None,
    "after": None, "locked": True, "gone": None,
}  # fmt: skip
BACK = {**OWN, "state": "sent_back", "hint": "Please ask one thing.", "withdrawable": False}
GIVEN = {**OWN, "state": "answered", "stream_s": 400, "answer": "See https://example.org/a, please.",
         "withdrawable": False}  # fmt: skip
JOINED = {**OWN, "state": "merged", "head": 12, "withdrawable": False, "wording": "Why June?"}
OUT = {
    **OWN, "number": 41, "state": "screened_out", "reason": "off-topic", "note": "Please ask HR.",
    "reason_sentence": "It is not about this meeting.", "withdrawable": False, "appealable": True,
}  # fmt: skip
ADDRESS = "https://openfloor.example/m/autumn/fate/Zm9vYmFyYmF6cXV4MTIzNA"
QR = segno.make(ADDRESS, error="m").svg_data_uri(border=2)
REASONS = [
    {"code": "off-topic", "sentence": "Not about this.", "withholds": False, "needs_target": False},
    {"code": "personal-data", "sentence": "Personal.", "withholds": True, "needs_target": False},
]
COUNTS = {"listed": 7, "answered": 1, "screened_out": 23, "not_reached": 0}
PEOPLE = {
    "attendee": ["listen", "sign_out", "ask", "vote", "read_own", "withdraw", "link_device"],
    "host": ["listen", "sign_out", "read_line", "pick"],
    "moderator": ["listen", "sign_out", "read_waiting", "list", "screen_out"],
    "auditor": ["listen", "sign_out", "read_waiting", "read_log"],
    "organiser": ["listen", "sign_out", "organise", "create_meeting"],
}


def page(lang: str, role: str | None) -> dict[str, Any]:
    """The `page` value for somebody in `role`, or for a reader."""
    label = "Moderator 2" if role == "moderator" else None
    return {
        "lang": lang, "dir": "ltr", "title": "Autumn town hall", "csrf": "c", "path": "/",
        "base": "https://openfloor.example", "notice": None,
        "languages": [
            {"code": "en", "name": "English", "href": "?lang=en"},
            {"code": "de", "name": "Deutsch", "href": "?lang=de"},
        ],
        "sign_in": {"role": role, "label": label, "may": PEOPLE[role]} if role else None,
        "sentences": {k: v for k, v in catalogue(lang).items() if k.startswith("js.")},
    }  # fmt: skip


def board(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The board page's context."""
    heading = {name: MEETING[name] for name in ("phase", "voting", "asking", "title")}
    wire = [{k: v for k, v in r.items() if k not in ("mine", "own")} for r in rows]
    on_air = row(87, 412, "Why did the plan change in June?", state="on_air")
    snapshot = {
        "t": "snapshot", "epoch": "e", "pos": "1-0", "meeting": heading, "tick": 250,
        "rows": [*wire, on_air] if rows else [], "counts": COUNTS,
    }  # fmt: skip
    given = {
        "drawn": rows, "every_row": False, "votes": [], "own": [], "modules": [],
        "meeting": MEETING, "rows": rows, "on_air": on_air if rows else None, "counts": COUNTS,
        "order": "wanted", "search": "", "seed": 7, "ask_error": None, "receipt": None,
        "ask": {"q": "a" * 22, "text": "", "lang": "en", "name": "", "after": "", "hint": ""},
        "mine": [OWN] if rows else [],
        "can_ask": True, "can_vote": True, "may_moderate": False, "may_organise": False,
        "snapshot": snapshot, "log": LOG,
        "stream": {"kind": "hls", "url": "https://stream.example/live.m3u8", "at": 95,
                   "host": "stream.example", "player": "/vendor/hls-1.7.4.light.min.js"},
    }  # fmt: skip
    return {**given, **more}


def pages() -> dict[str, tuple[str, str | None, dict[str, Any]]]:
    """Name of the picture: (template, role, context)."""
    told = record_values(MEETING, ROWS, NOW)
    ledger, shown, withheld = told.ledger, told.shown, told.withheld
    one, alone, stub = told.one, told.alone, told.stub
    made = {"role": "moderator", "label": "", "whom": "third floor",
            "link": "https://openfloor.example/m/autumn/invite#token"}  # fmt: skip
    staff = [
        {"id": f"{standing}{label}", "role": "moderator", "whom": whom, "label": label,
         "standing": standing, "until": NOW, "also": label == "Moderator 2"}
        for standing, label, whom in (
            ("used", "Moderator 1", "second floor"), ("used", "Moderator 2", ""),
            ("open", "", "third floor"), ("expired", "Moderator 3", ""), ("revoked", "Host 1", ""))
    ]  # fmt: skip
    windows = ("asking_from", "asking_until", "voting_from", "voting_until")
    typed = {**dict.fromkeys(windows, ""), "whom": "", "count": ""}
    run = {
        "meeting": MEETING, "join_link": "https://openfloor.example/m/autumn/join", "qr": QR,
        "phases": ["closed"], "invitations": staff, "made": made, "error": None, "lines": (),
        "invitable": ["moderator", "host", "organiser", "auditor"], "wrong": {}, "values": typed,
        "roster": {"size": 0, "used": 0}, "windows_open": True, "log": LOG, "key_qr": QR, "rebuilt": None,
    }  # fmt: skip
    roster = {
        **run, "meeting": {**MEETING, "admission": "roster", "phase": "announced"}, "made": None,
        "phases": ["collecting", "live", "closed"], "invitations": [],
        "wrong": {"codes": "2 lines are not right, so nothing was imported."},
        "lines": ((3, "is the same code as in line 2"), (9, "has 4 letters and digits")),
        "roster": {"size": 40, "used": 1}, "rebuilt": {"at": NOW, "lost": "3–5, 9"},
    }  # fmt: skip
    names = "title description languages zone starts_at stream_url stream_delay_s min_chars"
    names += " max_chars submit_limit policy"
    chosen = {"admission": "code", "after_display": "off", "readers": "link"}
    chosen |= {"accent": "#0b6e69", "phase": "announced", "prev": "spring"}
    chosen |= {"prev_note": "", "prev_vkey": ""}
    values = {**dict.fromkeys((*names.split(), *windows), ""), **chosen}
    reason_rows = [
        {"at": at, "code": r["code"], "sentence": r["sentence"], "withholds": r["withholds"],
         "target": False}
        for at, r in enumerate([*REASONS, {"code": "", "sentence": "", "withholds": False}])
    ]  # fmt: skip
    new = {"values": values, "zones": ["UTC"], "wrong": {"title": "a meeting needs one."},
           "reason_rows": reason_rows, "full": False, "fixed": False, "meeting": None,
           "earlier": [{"slug": "spring", "title": "Spring town hall", "at": NOW}]}  # fmt: skip
    kept = {**new, "meeting": {**MEETING, "logo": "0" * 32 + ".png"}, "wrong": {}, "fixed": True,
            "earlier": []}  # fmt: skip
    listing = [{"slug": "autumn", "title": "Autumn town hall", "phase": "live", "starts_at": NOW}]
    receipt = {"q": "q" * 22, "number": 88, "fate": "/m/autumn/fate/cap"}
    device = {"meeting": MEETING, "link": ADDRESS, "qr": QR, "expires_at": NOW, "error": None}
    policy = "Every question gets a public outcome."
    error = {"status": 404, "heading": "There is no such question.", "retry_in": 2.2,
             "message": "Number 999 is on no board.", "again": True,
             "back": {"href": "/m/autumn", "text": "To the questions"}}  # fmt: skip
    closed = {**MEETING, "phase": "closed", "asking": False, "voting": False}
    return {
        "home": ("home.html", None, {"code": "", "error": None}),
        "join": (
            "join.html",
            None,
            {
                "meeting": MEETING,
                "code": "",
                "error": "Wrong code.",
                "also": ["Moderator 2"],
                "joined": False,
            },
        ),
        "board": ("board.html", "attendee", board(ROWS, receipt=receipt)),
        "board_empty": ("board.html", "attendee", board([])),
        "board_reader": ("board.html", None, board(ROWS, can_ask=False, can_vote=False)),
        "board_closed": (
            "board.html",
            "attendee",
            board(ROWS, meeting=closed, can_ask=False, can_vote=False, order="fair"),
        ),
        "question": ("question.html", "attendee", one),
        "question_withheld": ("question.html", None, {**one, "row": stub, "members": []}),
        "question_worded": (
            "question.html",
            None,
            {**one, "row": {**alone, "wording": "Bonus?"}, "can_vote": False},
        ),
        **stage_pages(MEETING, ROWS, QR),
        **own_pages(MEETING, [OWN, OUT, BACK, GIVEN, JOINED], ADDRESS, QR),
        **job_pages(MEETING, NOW),
        "screened_out": ("screened_out.html", None, {**ledger, "entries": [shown, withheld]}),
        "screened_out_empty": (
            "screened_out.html",
            None,
            {**ledger, "entries": [], "earlier": None, "later": None, "reasons": []},
        ),
        "desk": (
            "desk.html",
            "moderator",
            at_desk(MEETING, REASONS, [desk_row(88, NOW), desk_row(89, NOW)]),
        ),
        "desk_empty": ("desk.html", "moderator", at_desk(MEETING, REASONS, [])),
        "desk_log": ("desk_log.html", "auditor", desk_log(MEETING, NOW)),
        "device_offer": ("device.html", "attendee", {**device, "mode": "offer"}),
        "device_made": ("device.html", "attendee", {**device, "mode": "made"}),
        "device_take": ("device.html", None, {**device, "mode": "take"}),
        "organise_list": ("organise_list.html", "organiser", {"meetings": listing}),
        "organise_new": ("organise_new.html", "organiser", new),
        "organise_settings": ("organise_settings.html", "organiser", kept),
        "organise_phase": (
            "organise_phase.html",
            "organiser",
            {"meeting": MEETING, "phase": "closed"},
        ),
        "organise_erase": ("organise_erase.html", "organiser", erasing(MEETING, ROWS[0])),
        "policy": (
            "policy.html",
            None,
            {"meeting": MEETING, "reasons": REASONS, "policy_html": policy},
        ),
        "organise_meeting": ("organise_meeting.html", "organiser", run),
        "organise_roster": ("organise_meeting.html", "organiser", roster),
        "roster_sheet": (
            "roster_sheet.html",
            "organiser",
            {
                "meeting": MEETING,
                "join_link": ADDRESS,
                "codes": ["K7QM-2WXD"] * 5,
                "log": LOG,
                "key_qr": QR,
            },
        ),
        "link": (
            "link.html",
            None,
            {"kind": "organiser", "action": "/organise/link", "error": None},
        ),
        "error": ("error.html", None, error),
        "signed_out": ("signed_out.html", None, {"meeting": MEETING}),
    }


def rendered(name: str, lang: str = "en") -> str:
    """The page as HTML."""
    template, role, context = pages()[name]
    page_value = page(lang, role)
    return environment(lang).get_template(template).render(page=page_value, **context)
