"""Jobs that forget what has expired. Idempotent; they carry no arguments and read their own data."""

from __future__ import annotations

import os
import time

from server.acts.staff import forget_expired
from server.settings import Settings
from server.store.client import connect
from workers.failing import without_words


async def forget_expired_organisers() -> int:
    """Remove expired organiser links and sign-ins; returns how many."""
    with without_words():
        store = connect(Settings.from_environ(os.environ).store_url)
        try:
            return await forget_expired(store, int(time.time() * 1000))
        finally:
            await store.aclose()
