"""How large a request may be: little for everybody, more where an organiser sends a file."""

from __future__ import annotations

import re
from typing import Any

from quart import Request

from server.domain.logo import MAX_BYTES
from server.domain.roster_file import FILE_MAX_BYTES

FORM_BYTES = 131_072
LARGER = (
    (re.compile(r"/m/[a-z0-9-]+/organise/roster/file"), FILE_MAX_BYTES + FORM_BYTES),
    (re.compile(r"/m/[a-z0-9-]+/organise/settings|/organise/new"), MAX_BYTES + FORM_BYTES),
)


class BoundedRequest(Request):
    """A request whose body is bounded by its address. The larger bounds need a sign-in's cookie: who
    has none cannot make the server hold megabytes."""

    def __init__(self, method: str, scheme: str, path: str, *more: Any, **named: Any) -> None:
        super().__init__(method, scheme, path, *more, **named)
        if method == "POST" and any(_staff(name) for name in self.cookies):
            for address, limit in LARGER:
                if address.fullmatch(path):
                    self.max_content_length = limit
                    self.body = self.body_class(self.content_length, limit)


def _staff(cookie: str) -> bool:
    return cookie.removeprefix("__Host-").startswith(("of_org", "of_s_"))
