"""REDIS_URL names one store or the Sentinels that watch several."""

from __future__ import annotations

import pytest

from server.domain.store_address import BadAddress, Sentinels, sentinels


@pytest.mark.parametrize("url", ["redis://one:6379/0", "rediss://one", "unix:///run/store"])
def test_a_store_s_own_address_names_no_sentinels(url: str) -> None:
    assert sentinels(url) is None


def test_hosts_service_database_and_sign_in_are_told() -> None:
    found = sentinels("redis+sentinel://floor:p%40ss@a,b:26380,[::1]:5000/live/2")
    sign_in = {"db": 2, "username": "floor", "password": "p@ss"}
    assert found == Sentinels((("a", 26379), ("b", 26380), ("::1", 5000)), "live", sign_in)
    assert sentinels("redis+sentinel://:secret@a/live") == Sentinels(
        (("a", 26379),), "live", {"db": 0, "username": None, "password": "secret"}
    )


@pytest.mark.parametrize(
    "rest",
    ["", "a", "a/", "/live", "a,/live", "a:x/live", "a/live/two", "a/live?x=1", "a:99999/live"],
)
def test_what_is_odd_is_refused_with_the_shape_and_without_the_address(rest: str) -> None:
    with pytest.raises(BadAddress, match="SERVICE") as refused:
        sentinels(f"redis+sentinel://:hidden@{rest}")
    assert "hidden" not in str(refused.value)
