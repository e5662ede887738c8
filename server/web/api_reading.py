"""The API of the board, for everybody who may read it."""

from __future__ import annotations

from quart import Response, jsonify, request

from server.domain.orders import Order, ordered
from server.domain.refusals import Refusal, Refused
from server.web import people
from server.web.api import endpoint, meeting_at
from server.web.api_answers import BoardAnswer, RowAnswer
from server.web.parts import parts

SEARCH_MAX_CHARS = 200


@endpoint(
    "GET",
    "/meetings/<slug>/questions",
    BoardAnswer,
    Refusal.SIGNED_OUT,
    query=("order", "seed", "search"),
)
async def questions(slug: str) -> Response:
    """The board's rows in an order, filtered by a search."""
    meeting = await meeting_at(slug)
    await people.reader_of(meeting)
    board = await parts().boards.follow(meeting.id)
    name = request.args.get("order", Order.WANTED.value)
    if name not in set(Order):
        raise Refused(Refusal.BAD_INPUT, "is not an order.", field="order")
    seed = request.args.get("seed", "0")
    if not (seed.isascii() and seed.isdigit() and len(seed) <= 10):
        raise Refused(Refusal.BAD_INPUT, "must be a whole number.", field="seed")
    search = request.args.get("search", "")[:SEARCH_MAX_CHARS]
    rows = [row for row in board.rows.values() if row.says(search)]
    shown = [row.wire() for row in ordered(rows, Order(name), int(seed))]
    return jsonify({"questions": shown, "counts": board.counts})


@endpoint("GET", "/meetings/<slug>/questions/<int:n>", RowAnswer, Refusal.SIGNED_OUT)
async def question(slug: str, n: int) -> Response:
    """One question of the board by its public number."""
    meeting = await meeting_at(slug)
    await people.reader_of(meeting)
    row = (await parts().boards.follow(meeting.id)).rows.get(n)
    if row is None:
        raise Refused(Refusal.UNKNOWN, "There is no question with this number on the board.")
    return jsonify(row.wire())
