"""Holds every request against the one table of routes and acts (S-21): closed where it says nothing.

A handler asks `Person.need(act)`; that act must be the one that the table has for its route, and a
route whose act is not everybody's must have asked before it answers.
"""

from __future__ import annotations

from quart import g, request

from server.domain.roles import MAY, Act, Role
from server.protocol.permissions import ROUTES


def check_known() -> None:
    """Stop a route that the table does not have. Addresses that lead nowhere are a 404 elsewhere."""
    if request.endpoint is not None and request.endpoint not in ROUTES:
        raise AssertionError(f"{request.endpoint} is not in the table of permissions")


def needed(act: Act) -> None:
    """Remember that this request asked for `act`; it must be its route's, or one that adds to it."""
    g.needed = {*g.get("needed", ()), act}


def check_needed(status: int) -> None:
    """Stop an answer of a route that never asked whether its act is allowed."""
    act = ROUTES.get(request.endpoint or "")
    if status < 400 and act is not None and act not in MAY[Role.READER]:
        if act not in g.get("needed", ()):
            raise AssertionError(f"{request.endpoint} did not ask for {act}")
