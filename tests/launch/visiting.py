"""One attendee of a running server, over plain HTTP, by API and by form."""

from __future__ import annotations

import base64
import http.client
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 40.0


def question_id() -> str:
    """A fresh id as a client makes it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    cookie: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def code(self) -> str:
        """The code of a typed refusal."""
        return str(self.body["error"]["code"])


class Visitor:
    """Signed in once; each request is a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._where = urlsplit(url).netloc
        self._token = ""
        self._cookie = ""
        self._csrf = ""
        self._slug = self.code = self._organiser = ""

    def _send(self, method: str, path: str, body: str, kind: str) -> Answer:
        headers = {"Content-Type": kind, "Cookie": self._cookie, "Origin": self._url}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        client = http.client.HTTPConnection(self._where, timeout=TIMEOUT_S)
        try:
            client.request(method, path, body.encode(), headers)
            found = client.getresponse()
            cookie = (found.getheader("Set-Cookie") or "").partition(";")[0]
            return Answer(found.status, found.read().decode(), cookie)
        finally:
            client.close()

    def api(self, path: str, **fields: object) -> Answer:
        """A POST of JSON."""
        return self._send("POST", f"/api/v1{path}", json.dumps(fields), "application/json")

    def post(self, path: str, **fields: object) -> Answer:
        """The same under the meeting."""
        return self.api(f"/meetings/{self._slug}{path}", **fields)

    def organise(self, path: str, **fields: object) -> Answer:
        """A POST of JSON by the organiser of the new meeting."""
        mine, self._token = self._token, self._organiser
        try:
            return self.api(path, **fields)
        finally:
            self._token = mine

    def enter_new_meeting(self, link: str) -> None:
        """Create a meeting, open for questions that are listed at once and for votes; join it."""
        self._organiser = self.api("/organise", token=link.partition("#")[2]).body["token"]
        self._token = self._organiser
        made = self.api("/meetings", title="Spring town hall", after_display=True, phase="live")
        assert made.status == 201, made.text
        self._slug, self.code = made.body["slug"], made.body["code"]
        self._token = ""
        self._token = self.post("/join", code=self.code).body["token"]

    def ask(self, text: str) -> None:
        """Submit a question."""
        answer = self.post("/questions", q=question_id(), text=text, lang="en")
        assert answer.status in (201, 202), answer.text

    def page(self, path: str) -> Answer:
        """A page of the meeting."""
        answer = self._send("GET", f"/m/{self._slug}{path}", "", "text/plain")
        self._cookie = answer.cookie or self._cookie
        token = re.search(r'name="csrf" value="(\w+)"', answer.text)
        if answer.cookie or not self._csrf:
            self._csrf = token[1] if token else ""
        return answer

    def form(self, path: str, **fields: str) -> Answer:
        """A form of the page that was open last."""
        body = urlencode({"csrf": self._csrf, "q": question_id(), **fields})
        return self._send(
            "POST", f"/m/{self._slug}{path}", body, "application/x-www-form-urlencoded"
        )
