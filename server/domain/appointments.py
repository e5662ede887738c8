"""Who was appointed to a meeting's staff: invitations, their one lasting label, and what they become.

A label (Moderator 2) belongs to one appointment for ever: a revoked one is never given again, and a
link that is issued anew signs in under the label that the appointment has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from server.domain.refusals import Refusal, Refused
from server.domain.roles import INVITABLE, Role

APPOINTMENTS_MAX = 200
WHOM_MAX_CHARS = 80
# Organiser 1 is whoever holds this deployment's organiser link; invited ones count from 2.
_BEFORE = {Role.ORGANISER: 1}


class Standing(StrEnum):
    """What an organiser sees of an invitation."""

    OPEN = "open"
    EXPIRED = "expired"
    USED = "used"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One place on the staff. `link` and `sign_in` are digests of the living tokens, '' for none;
    `salt` opens the record's commitment to `subject` and label; `also` = an organiser too."""

    id: str
    role: Role
    whom: str
    salt: str
    until: int
    link: str = ""
    sign_in: str = ""
    label: str = ""
    uses: int = 0
    also: bool = False
    revoked: bool = False

    @property
    def subject(self) -> str:
        """Whom the record's commitment binds the label to."""
        return self.whom or self.id

    def standing(self, now: int) -> Standing:
        """Its state for the organiser's list. A used one may have a further link open."""
        if self.revoked:
            return Standing.REVOKED
        if self.link:
            return Standing.OPEN if now < self.until else Standing.EXPIRED
        return Standing.USED


@dataclass(frozen=True, slots=True)
class Staff:
    """All appointments of a meeting, oldest first, and how many labels of each role were given."""

    revision: int = 0
    appointments: tuple[Appointment, ...] = ()
    given: Mapping[str, int] = field(default_factory=dict)

    def get(self, appointment: str) -> Appointment:
        """The appointment with this id; refused UNKNOWN when there is none."""
        for one in self.appointments:
            if one.id == appointment:
                return one
        raise Refused(Refusal.UNKNOWN, "There is no such invitation.")

    def active(self, role: Role) -> int:
        """How many hold a label of this role and were not revoked."""
        return sum(
            one.role is role and bool(one.label) and not one.revoked for one in self.appointments
        )

    def also_organisers(self) -> tuple[str, ...]:
        """Labels of moderators who organise the meeting too; the join page says so."""
        return tuple(one.label for one in self.appointments if one.also and _acts(one))


def _acts(one: Appointment) -> bool:
    return bool(one.label) and not one.revoked and one.role is Role.MODERATOR


def _put(staff: Staff, changed: Appointment) -> Staff:
    kept = tuple(changed if one.id == changed.id else one for one in staff.appointments)
    return replace(staff, appointments=kept, revision=staff.revision + 1)


def invited(staff: Staff, fresh: Appointment) -> Staff:
    """`staff` with one more invitation; refused for a role that nobody is invited to."""
    if fresh.role not in INVITABLE:
        raise Refused(
            Refusal.BAD_INPUT,
            "nobody is invited as {role}; attendees join by code.",
            field="role",
            role=fresh.role.value,
        )
    if len(fresh.whom) > WHOM_MAX_CHARS:
        raise Refused(
            Refusal.BAD_INPUT, "has at most {high} characters.", field="whom", high=WHOM_MAX_CHARS
        )
    if len(staff.appointments) >= APPOINTMENTS_MAX:
        raise Refused(
            Refusal.CONFLICT,
            "A meeting has at most {high} invitations. Issue one anew.",
            high=APPOINTMENTS_MAX,
        )
    return replace(staff, appointments=(*staff.appointments, fresh), revision=staff.revision + 1)


def redeemed(
    staff: Staff, link: str, sign_in: str, now: int, also: bool
) -> tuple[Staff, Appointment]:
    """`staff` after the link's one use, and the appointment as it is now, with its label.

    Refused USED for a link that was used, revoked, replaced or has expired: all in the same words.
    """
    found = next((one for one in staff.appointments if link and one.link == link), None)
    if found is None or found.standing(now) is not Standing.OPEN:
        raise Refused(Refusal.USED, "This link was used already or has expired. Ask for a new one.")
    given, label = dict(staff.given), found.label
    if not label:
        number = given.get(found.role, _BEFORE.get(found.role, 0)) + 1
        given[found.role.value] = number
        label = f"{found.role.capitalize()} {number}"
    after = replace(
        found,
        link="",
        sign_in=sign_in,
        label=label,
        uses=found.uses + 1,
        also=found.also or (also and found.role is Role.MODERATOR),
    )
    return replace(_put(staff, after), given=given), after


def issued_anew(staff: Staff, appointment: str, link: str, until: int) -> Staff:
    """`staff` with another link for the appointment; its old link and sign-in are no more."""
    found = staff.get(appointment)
    if found.revoked:
        raise Refused(Refusal.ILLEGAL, "This invitation was revoked. Make a new one instead.")
    return _put(staff, replace(found, link=link, until=until, sign_in=""))


def revoked(staff: Staff, appointment: str) -> Staff:
    """`staff` without the powers of the appointment, for good."""
    found = staff.get(appointment)
    if found.revoked:
        raise Refused(Refusal.ILLEGAL, "This invitation was revoked already.")
    return _put(staff, replace(found, link="", sign_in="", revoked=True))


def known_as_organiser(staff: Staff, label: str) -> Staff:
    """`staff` after it came out that the moderator `label` organises too; unchanged when known."""
    for one in staff.appointments:
        if one.label == label and _acts(one) and not one.also:
            return _put(staff, replace(one, also=True))
    return staff
