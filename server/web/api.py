"""The HTTP API: JSON in, JSON out, the same acts as the pages. Each route declares its contract
beside its code; openapi.py tells it to the world, and the tests hold the code against it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from server.acts import meetings
from server.domain.meeting import Meeting
from server.domain.refusals import Refusal, Refused
from server.domain.roles import MAY, Role
from server.protocol import strict_json
from server.protocol.permissions import ROUTES
from server.web import api_bodies, away, network, people
from server.web.parts import parts

api = Blueprint("api", __name__, url_prefix="/api/v1")
Handler = Callable[..., Awaitable[ResponseReturnValue]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The contract of one route. `refusals` are those that its own acts add to the common ones."""

    name: str
    method: str
    path: str
    summary: str
    answer: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    statuses: tuple[int, ...]
    refusals: tuple[Refusal, ...]
    query: tuple[str, ...]
    per_network: bool
    stream: bool

    def all_refusals(self) -> frozenset[Refusal]:
        """Every refusal that this route may answer."""
        found = {*self.refusals, Refusal.BAD_INPUT, Refusal.NOT_SAVED}
        if self.method != "GET":
            found.add(Refusal.FORBIDDEN)
        if self.body is not None:
            found |= {Refusal.TOO_LARGE, Refusal.WRONG_TYPE}
        if "<slug>" in self.path:
            found.add(Refusal.UNKNOWN)
        if ROUTES[f"api.{self.name}"] not in MAY[Role.READER]:
            found |= {Refusal.SIGNED_OUT, Refusal.FORBIDDEN}
        if self.per_network:
            found.add(Refusal.TOO_FAST)
        return frozenset(found)


ENDPOINTS: list[Endpoint] = []


def endpoint(
    method: str,
    path: str,
    answer: type[msgspec.Struct] | None,
    *refusals: Refusal,
    body: type[msgspec.Struct] | None = None,
    statuses: tuple[int, ...] = (200,),
    query: tuple[str, ...] = (),
    limit: int = strict_json.MAX_BYTES,
    per_network: bool = False,
    stream: bool = False,
) -> Callable[[Handler], Handler]:
    """Serve the decorated handler: origin checked for writes, body read as its type (passed last),
    then one token of the caller's network where the route says so. `stream`: the answer is no JSON but
    server-sent events."""

    def add(handler: Handler) -> Handler:
        summary = (handler.__doc__ or "").strip()
        ENDPOINTS.append(
            Endpoint(
                handler.__name__,
                method,
                path,
                summary,
                answer,
                body,
                statuses,
                refusals,
                query,
                per_network,
                stream,
            )
        )

        async def serve(**at: Any) -> ResponseReturnValue:
            if method != "GET":
                people.check_origin()
            given = () if body is None else (await _body(body, limit),)
            if per_network:
                await network.take()
            return await handler(*at.values(), *given)

        api.add_url_rule(path, handler.__name__, serve, methods=[method])
        return handler

    return add


async def _body(kind: type[api_bodies.Body], limit: int) -> api_bodies.Body:
    if request.mimetype != "application/json":
        raise Refused(Refusal.WRONG_TYPE, "Send application/json.")
    return api_bodies.read(kind, cast(bytes, await request.get_data()), limit)


async def meeting_at(slug: str) -> Meeting:
    """The meeting at an address; unknown in the same words for every wrong one. While the store is
    away, a reader gets the meeting as last known here."""
    last = parts().boards.last_at(slug)
    found = await away.or_last(
        lambda: meetings.by_slug(parts().store, slug), last.meeting if last else None
    )
    if found is None and away.noticed():
        raise Refused(Refusal.NOT_SAVED, away.DETAILS["not_shown"], retry_in=2.0)
    if found is None:
        raise Refused(Refusal.UNKNOWN, "There is no such meeting.")
    return found
