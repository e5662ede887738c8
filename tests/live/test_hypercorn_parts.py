"""The parts of Hypercorn that live/port.py uses are not its public API: a new version is looked at here."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.utils import wrap_app


def names(call: object) -> list[str]:
    """The parameters of a call, by name and in order."""
    assert callable(call)
    return list(inspect.signature(call).parameters)


def test_the_version_is_one_that_was_looked_at() -> None:
    assert version("hypercorn").split(".")[:2] == ["0", "18"]


def test_a_connection_is_served_as_the_port_asks_for_it() -> None:
    expected = ["app", "loop", "config", "context", "state", "reader", "writer"]
    assert names(TCPServer) == expected
    assert hasattr(TCPServer, "__await__")
    assert names(wrap_app) == ["app", "wsgi_max_body_size", "mode"]


def test_the_end_is_told_and_waited_for_by_names_that_are_there() -> None:
    assert names(WorkerContext) == ["max_requests"]
    assert inspect.iscoroutinefunction(WorkerContext(None).terminated.set)
    assert names(Lifespan) == ["app", "config", "loop", "lifespan_state"]
    for name in ("handle_lifespan", "wait_for_startup", "wait_for_shutdown"):
        assert inspect.iscoroutinefunction(getattr(Lifespan, name)), name
