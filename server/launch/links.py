"""Organiser links: printed at the start, and on demand beside a running deployment."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.acts.staff import new_organiser_link
from server.launch import embedded
from server.launch.address import CannotRun
from server.launch.embedded import StoreUnavailable
from server.settings import Settings
from server.store.client import connect
from server.store.loader import load

RETRY_S = 0.5


async def _token(store_url: str) -> str:
    store: Redis = connect(store_url)
    try:
        await load(store)
        return await new_organiser_link(store)
    finally:
        await store.aclose()


def _address(public_url: str, store_url: str) -> str:
    return f"{public_url}/organise/link#{asyncio.run(_token(store_url))}"


class Link:
    """Prints one organiser link as soon as the store can make it; an unusable store ends the run."""

    def __init__(
        self, store_url: str, public_url: str, say: Callable[[str], None], end: Callable[[], None]
    ) -> None:
        self._store_url = store_url
        self._public_url = public_url
        self._say = say
        self._end = end

    def give(self) -> None:
        """Print it now, or later from a thread of its own while the store is away."""
        if not self._given():
            threading.Thread(target=self._keep_trying, daemon=True).start()

    def _keep_trying(self) -> None:
        while not self._given():
            time.sleep(RETRY_S)

    def _given(self) -> bool:
        try:
            if not embedded.answers(self._store_url):
                return False
            link = _address(self._public_url, self._store_url)
        except StoreUnavailable as reason:
            self._say(str(reason))
            self._end()
            return True
        except RedisError:
            return False
        self._say(f"Organiser link (once, within a day): {link}")
        return True


def organiser_link(data: Path, environ: Mapping[str, str]) -> str:
    """A fresh organiser link for the run on this data folder, or for the settings in the environment
    (in a container); CannotRun when nothing runs."""
    nothing = CannotRun(f"Nothing runs on {data}. Start it with ./openfloor run --data {data}")
    if environ.get("OPENFLOOR_STORE_URL") or environ.get("OPENFLOOR_STORE_URL_FILE"):
        settings = Settings.from_environ(environ)
        store_url, public_url = settings.store_url, settings.public_url
        nothing = CannotRun("The store of OPENFLOOR_STORE_URL does not answer.")
    else:
        try:
            told = json.loads((data / "run.json").read_text())
            store_url, public_url = told["store_url"], told["public_url"]
        except (OSError, ValueError, KeyError):
            raise nothing from None
    try:
        return _address(public_url, store_url)
    except RedisError:
        raise nothing from None
