"""A client that waits for its answers, for what is no part of the live path: jobs, checks at the start."""

from __future__ import annotations

from typing import Any, cast

import redis
from redis.sentinel import Sentinel

from server.domain.store_address import sentinels


def plain(url: str, **options: Any) -> redis.Redis:
    """A client that waits for its answers, for `url` of either kind; connects on first use."""
    found = sentinels(url)
    if found is None:
        return redis.Redis.from_url(url, **options)
    timeouts = {name: value for name, value in options.items() if name.startswith("socket_")}
    asked = Sentinel(list(found.hosts), sentinel_kwargs=timeouts)  # type: ignore[no-untyped-call]
    client = asked.master_for(found.service, **found.sign_in, **options)  # type: ignore[no-untyped-call]
    return cast(redis.Redis, client)
