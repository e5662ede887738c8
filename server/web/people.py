"""Who makes this request: cookies, bearer tokens, and the proof that a form is ours."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from quart import Response, request

from server.acts import admission, staff
from server.acts.admission import STAFF_SIGN_IN_MS, SignIn, SignInToken
from server.domain.ids import digest, from_bytes
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import Act, Role, may, pseudonym
from server.web import away, permitting
from server.web.parts import WebParts, parts

FORM_COOKIE = "of_form"
LANGUAGE_COOKIE = "of_lang"
LANGUAGE_MS = 365 * 24 * 3_600_000
ORGANISER_COOKIE = "of_org"
OPERATORS = ("/healthz", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the role with its sign-in, and the token behind it."""

    role: Role
    sign_in: SignIn | None = None
    token: str = ""

    def need(self, act: Act) -> None:
        """Return when the role may do `act`; else refused, with the way on."""
        permitting.needed(act)
        if may(self.role, act):
            return
        if self.role is Role.READER:
            away.check_known()
            raise Refused(Refusal.SIGNED_OUT, "Please join the meeting first.")
        raise Refused(Refusal.FORBIDDEN, "Your role does not allow this.")

    def known_as(self) -> str:
        """Who acts, as the log says it; whoever holds the deployment's organiser link is org:1."""
        return pseudonym(self.role, self.sign_in.label if self.sign_in else None)

    def voter(self) -> SignIn:
        """The attendee's sign-in; refused for everybody else."""
        if self.sign_in is not None and self.role is Role.ATTENDEE and self.sign_in.voter is None:
            raise Refused(
                Refusal.CLOSED,
                "This meeting has closed, and who asked and voted what was destroyed. The links that"
                " you saved still lead to your questions.",
            )
        if self.sign_in is None or self.sign_in.voter is None:
            raise Refused(Refusal.SIGNED_OUT, "Please join the meeting first.")
        return self.sign_in


def cookie_name(name: str) -> str:
    """The cookie's name: `__Host-` where https lets the browser enforce it."""
    return f"__Host-{name}" if parts().secure else name


def set_cookie(response: Response, name: str, value: str, lasts_ms: int | None = None) -> None:
    """A cookie that scripts cannot read and other sites cannot send with a POST. It outlives the
    browser's closing where `lasts_ms` says how long."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=None if lasts_ms is None else max(0, lasts_ms // 1000),
        path="/",
        httponly=True,
        secure=parts().secure,
        samesite="Lax",
    )


def keep(response: Response, joined: SignInToken) -> None:
    """Keep a sign-in in this browser until it ends; attendee and staff sign-ins of one meeting stand
    side by side."""
    rotate_form(response)
    kind = "a" if joined.sign_in.role is Role.ATTENDEE else "s"
    lasts = joined.sign_in.expires_at - parts().clock()
    set_cookie(response, f"of_{kind}_{joined.sign_in.meeting}", joined.token, lasts)


def keep_organiser(response: Response, token: str) -> None:
    """Keep an organiser's fresh sign-in in this browser until it ends."""
    rotate_form(response)
    set_cookie(response, ORGANISER_COOKIE, token, STAFF_SIGN_IN_MS)


def rotate_form(response: Response) -> None:
    """Give the browser another form cookie: what was known before signing in proves nothing after."""
    set_cookie(response, FORM_COOKIE, from_bytes(secrets.token_bytes(16)))


def forget_organiser(response: Response) -> None:
    """Forget this browser's organiser sign-in."""
    response.delete_cookie(cookie_name(ORGANISER_COOKIE), path="/", secure=parts().secure)


def forget(response: Response, meeting: Meeting) -> None:
    """Forget this browser's sign-ins to a meeting."""
    for kind in "as":
        name = cookie_name(f"of_{kind}_{meeting.id}")
        response.delete_cookie(name, path="/", secure=parts().secure)


def bearer() -> str | None:
    """The bearer token of an API client, or None."""
    header = request.headers.get("Authorization", "")
    return header[7:] if header.startswith("Bearer ") else None


async def _signed_in(given: WebParts, meeting: Meeting, kinds: str) -> Person | None:
    token = bearer()
    tokens = (
        [token]
        if token
        else [request.cookies.get(cookie_name(f"of_{kind}_{meeting.id}")) for kind in kinds]
    )
    for candidate in tokens:
        found = await _behind(given, meeting, candidate) if candidate else None
        if candidate and found is not None:
            return Person(found.role, found, candidate)
    return None


async def _behind(given: WebParts, meeting: Meeting, token: str) -> SignIn | None:
    seen, name = given.sign_ins, digest(token)
    found = await away.or_last(
        lambda: admission.who(given.store, meeting.id, token),
        seen.last(meeting.id, name, given.clock()),
    )
    seen.remember(meeting.id, name, found)
    if found is None and away.noticed():
        away.unknown()
    return found


async def organiser(given: WebParts) -> Person | None:
    """An organiser of this deployment, or None."""
    token = bearer() or request.cookies.get(cookie_name(ORGANISER_COOKIE))
    if token and await staff.is_organiser(given.store, token, given.clock()):
        return Person(Role.ORGANISER, None, token)
    return None


async def attendee(meeting: Meeting) -> Person:
    """The request as an attendee's (or a reader's)."""
    return await _signed_in(parts(), meeting, "as") or Person(Role.READER)


async def reader_of(meeting: Meeting) -> Person:
    """The request as one that may read this meeting's board; refused where only attendees may."""
    person = await attendee(meeting)
    if meeting.readers == "attendees":
        person.need(Act.LISTEN)
    return person


async def member_of_staff(meeting: Meeting) -> Person:
    """The request as a moderator's or another role's; an organiser's of the deployment comes last."""
    found = await _signed_in(parts(), meeting, "sa")
    if found is not None and found.role is not Role.ATTENDEE:
        return found
    return await organiser(parts()) or found or Person(Role.READER)


async def organiser_of(meeting: Meeting) -> Person:
    """The request as an organiser's, invited or of the deployment; else whoever it is."""
    return (
        await organiser(parts()) or await _signed_in(parts(), meeting, "sa") or Person(Role.READER)
    )


def check_origin() -> None:
    """Refuse an unsafe request that another site caused (S-33). Bearer tokens prove themselves."""
    if bearer():
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site == "same-origin":
        return
    origin = request.headers.get("Origin")
    if site is None and origin == parts().public_url:
        return
    raise Refused(Refusal.FORBIDDEN, "This request came from another site.")


def form_token(fresh: str | None = None) -> str:
    """The token that our forms carry, bound to this browser's form cookie (or to a fresh one).

    It begins with a number of its own: no two pages carry the same token (packing.py).
    """
    seed = fresh or request.cookies.get(cookie_name(FORM_COOKIE), "")
    return _form_token(secrets.token_hex(8), seed)


def _form_token(once: str, seed: str) -> str:
    return once + hmac.digest(parts().secret, f"form|{once}|{seed}".encode(), "sha256").hex()[:48]


def check_form(given: str) -> None:
    """Refuse a form that did not come from a page of ours."""
    seed = request.cookies.get(cookie_name(FORM_COOKIE))
    if not seed or not hmac.compare_digest(given.encode(), _form_token(given[:16], seed).encode()):
        raise Refused(
            Refusal.FORBIDDEN, "This form is too old. Go back, reload the page, try again."
        )


def check_host() -> None:
    """Refuse a request that names another host than ours, or two lengths of its body (S-56)."""
    if "Transfer-Encoding" in request.headers and "Content-Length" in request.headers:
        raise Refused(Refusal.BAD_INPUT, "This request tells two lengths of its body.")
    host = request.headers.get("Host", "").lower()
    if host == urlsplit(parts().public_url).netloc:
        return
    if request.path not in OPERATORS or not _inside(host):
        raise Refused(Refusal.BAD_INPUT, "This address is not served here.")


def _inside(host: str) -> bool:
    """True for an IP address or a name without a dot, as probes and scrapers ask by: no other site's
    page can come under such a name (DNS rebinding)."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name != "" and ("." not in name or name.replace(".", "").isdigit())
