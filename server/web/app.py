"""The Quart application: pages, API, health. It knows nothing of sockets."""

from __future__ import annotations

import secrets

import structlog
from quart import Quart, Response, jsonify, render_template, request
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException

from server.domain.refusals import Refusal, Refused
from server.live import measures
from server.protocol.answers import http_status
from server.web import (
    anchor_files,
    api_asking,
    api_deciding,
    api_desk,
    api_erasing,
    api_exports,
    api_joining,
    api_live,
    api_meetings,
    api_reading,
    api_screening,
    api_staging,
    appointment_pages,
    away,
    desk_pages,
    door_pages,
    erase_pages,
    export_pages,
    headers,
    job_pages,
    link_pages,
    log_files,
    look_pages,
    openapi,
    organise_pages,
    own_pages,
    packing,
    pages,
    people,
    permitting,
    question_pages,
    receipt_pages,
    record_pages,
    rendering,
    roster_pages,
    seal_pages,
    settings_pages,
    staff_pages,
    stage_pages,
    stream_pages,
    verify_pages,
)
from server.web.api import api
from server.web.health import health
from server.web.live_address import live_address
from server.web.parts import WebParts
from server.web.uploads import BoundedRequest

BODY_BYTES = 65_536
# Their routes are added to the blueprints `api`, `pages` and `staff_pages` as they are read.
API_PARTS = (
    api_asking,
    api_joining,
    api_live,
    api_meetings,
    api_reading,
    api_screening,
    api_deciding,
    api_desk,
    api_staging,
    api_exports,
    api_erasing,
    openapi,
)
STAFF_PARTS = (
    *(export_pages, job_pages),
    *(appointment_pages, erase_pages, link_pages, look_pages, organise_pages),
    *(roster_pages, settings_pages),
)
PAGE_PARTS = (
    *(desk_pages, door_pages, own_pages, question_pages, receipt_pages, record_pages),
    *(seal_pages, stage_pages, stream_pages, verify_pages),
)
BLUEPRINTS = (
    *(api, health, live_address, log_files.log_files, anchor_files.anchor_files),
    *(pages.pages, staff_pages.staff_pages),
)
log = structlog.get_logger()
HTTP_WORDS = {404: "There is nothing at this address.", 413: "This is too large."}
NOT_TAKEN = "This request is not taken."
FAULT = "fault"  # the wire code of what is no refusal


def create_app(given: WebParts) -> Quart:
    """The application for these parts. Every answer carries the security headers; every refusal is
    told in words; nothing the client sends ends in a bare 500."""
    app = Quart(
        "openfloor",
        static_folder=str(rendering.FRONTEND / "static"),
        template_folder=str(rendering.FRONTEND / "templates"),
    )
    app.request_class = BoundedRequest
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.config["BODY_TIMEOUT"] = 10
    app.extensions["openfloor"] = given
    rendering.set_up(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _guard(app, given)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(RedisError, _store_away)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    return app


def _guard(app: Quart, given: WebParts) -> None:
    @app.before_request
    async def check_host() -> None:
        people.check_host()
        permitting.check_known()

    @app.after_request
    async def add_headers(response: Response) -> Response:
        permitting.check_needed(response.status_code)
        return await packing.pack(headers.secure(response, given))


async def _refused(refusal: Refused) -> Response:
    return await _tell(http_status(refusal.refusal), refusal)


async def _store_away(error: RedisError) -> Response:
    log.warning("store_away", error=type(error).__name__)
    return await _tell(
        503, Refused(Refusal.NOT_SAVED, away.DETAILS[away.words(error)], retry_in=2.0)
    )


async def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    kind = Refusal.UNKNOWN if status in (404, 405) else Refusal.BAD_INPUT
    if status == 413:
        kind = Refusal.TOO_LARGE
    return await _tell(status, Refused(kind, HTTP_WORDS.get(status, NOT_TAKEN)))


async def _fault(error: Exception) -> Response:
    measures.FAULTS.inc()
    reference = secrets.token_hex(4)
    log.error("fault", reference=reference, exc_info=error)
    words = "Something broke on our side. Reference {reference}."
    return await _tell(500, Refused(Refusal.BAD_INPUT, words, reference=reference), FAULT)


async def _tell(status: int, refused: Refused, code: str = "") -> Response:
    if not code:
        measures.HTTP.refusals[refused.refusal].inc()
    if request.path.startswith("/api/"):
        error: dict[str, object] = {
            "code": code or refused.refusal.value,
            "message": rendering.told(refused),
        }
        if refused.retry_in is not None:
            error["retry_in"] = refused.retry_in
        response = jsonify({"error": error})
    else:
        again = refused.refusal is Refusal.NOT_SAVED and request.method in away.READING
        page = await render_template(
            "error.html",
            **rendering.page("Openfloor", notice=None),
            status=status,
            heading=rendering.sentence("away.heading" if again else "error.heading"),
            message=rendering.refusal(refused),
            retry_in=refused.retry_in,
            again=again,
            back={"href": _back(), "text": rendering.sentence("error.back")},
        )
        response = Response(page, mimetype="text/html")
    response.status_code = status
    if "Transfer-Encoding" in request.headers:
        # What follows on this connection may be somebody else's idea of this body.
        response.headers["Connection"] = "close"
    if refused.retry_in is not None:
        response.headers["Retry-After"] = str(max(1, round(refused.retry_in)))
    return response


def _back() -> str:
    """The page that a form was sent from, else the meeting's board, else the start."""
    words = request.path.split("/")
    if len(words) < 3 or words[1] != "m":
        return "/"
    if request.method in away.READING or words[3:4] not in (["desk"], ["host"], ["organise"]):
        return f"/m/{words[2]}"
    query = request.query_string.decode("ascii", "ignore")
    return f"/m/{words[2]}/{words[3]}{'?' if query else ''}{query}"
