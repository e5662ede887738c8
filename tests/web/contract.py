"""Every answer of the API in the tests of this folder is held against what its route declares."""

from __future__ import annotations

import json

import msgspec
from quart import Quart, Response, request

from server.domain.refusals import Refusal
from server.web.api import ENDPOINTS
from server.web.api_answers import ErrorAnswer

KNOWN = {f"api.{known.name}": known for known in ENDPOINTS}


def hold(app: Quart) -> None:
    """Make `app` break on an answer that its route does not declare."""

    @app.after_request
    async def declared(response: Response) -> Response:
        known = KNOWN.get(request.endpoint or "")
        events = known is not None and known.stream and response.mimetype == "text/event-stream"
        if known is None or response.status_code == 500 or events:
            return response
        told = json.loads(await response.get_data())
        if response.status_code in known.statuses:
            if known.answer is not None:
                msgspec.convert(told, known.answer)
            return response
        refusal = Refusal(msgspec.convert(told, ErrorAnswer).error.code)
        if refusal not in known.all_refusals():
            raise AssertionError(f"{known.name} answers {refusal}, which it does not declare")
        return response
